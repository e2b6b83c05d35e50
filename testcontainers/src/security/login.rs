//! Who a client says that it is, and how it proves that.

use std::fmt;

/// How a client proves by SASL who it is: Kafka's `sasl.mechanism`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mechanism {
    /// The password as it is.
    Plain,
    /// A salted challenge with SHA-256.
    ScramSha256,
    /// A salted challenge with SHA-512.
    ScramSha512,
    /// A token; here one without a signature, which every test client can write by itself.
    OauthBearer,
}

impl Mechanism {
    /// Kafka's name of it, such as `SCRAM-SHA-256`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::OauthBearer => "OAUTHBEARER",
        }
    }

    pub(crate) fn is_scram(self) -> bool {
        matches!(self, Self::ScramSha256 | Self::ScramSha512)
    }

    /// The class that both sides name in `sasl.jaas.config`.
    pub(crate) fn module(self) -> &'static str {
        match self {
            Self::Plain => "org.apache.kafka.common.security.plain.PlainLoginModule",
            Self::ScramSha256 | Self::ScramSha512 => {
                "org.apache.kafka.common.security.scram.ScramLoginModule"
            }
            Self::OauthBearer => "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule",
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A user with what proves it. Its `Debug` does not show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    mechanism: Mechanism,
    user: String,
    password: String,
}

impl Login {
    /// A user that PLAIN lets in.
    pub fn plain(user: &str, password: &str) -> Self {
        Self::new(Mechanism::Plain, user, password)
    }

    /// A user that SCRAM-SHA-256 lets in.
    pub fn scram_sha_256(user: &str, password: &str) -> Self {
        Self::new(Mechanism::ScramSha256, user, password)
    }

    /// A user that SCRAM-SHA-512 lets in.
    pub fn scram_sha_512(user: &str, password: &str) -> Self {
        Self::new(Mechanism::ScramSha512, user, password)
    }

    /// A user of OAUTHBEARER, whose token is not signed: the broker believes the name in it.
    pub fn oauthbearer(user: &str) -> Self {
        Self::new(Mechanism::OauthBearer, user, "")
    }

    fn new(mechanism: Mechanism, user: &str, password: &str) -> Self {
        Self { mechanism, user: user.into(), password: password.into() }
    }

    /// How it logs in.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The user's name.
    pub fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// What a client names as `sasl.jaas.config`.
    pub(crate) fn jaas(&self) -> String {
        let module = self.mechanism.module();
        let user = quoted(&self.user);
        match self.mechanism {
            Mechanism::OauthBearer => format!("{module} required unsecuredLoginStringClaim_sub={user};"),
            _ => format!("{module} required username={user} password={};", quoted(&self.password)),
        }
    }

    /// Kafka's tools that make SCRAM users take these as they are, between commas and brackets.
    pub(crate) fn check(&self) -> Result<(), String> {
        check_name(&self.user)?;
        let odd = |letter: char| !letter.is_ascii_graphic() || ",=[]\"\\".contains(letter);
        let is_missing = self.password.is_empty() && self.mechanism != Mechanism::OauthBearer;
        if is_missing || self.password.contains(odd) {
            let user = &self.user;
            return Err(format!(
                "the password of `{user}` must be of visible ASCII other than , = [ ] \" \\"
            ));
        }
        Ok(())
    }
}

/// Names get into properties, JAAS lines, command lines and file names.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if !name.is_empty() && name.chars().all(plain) {
        return Ok(());
    }
    Err(format!("`{name}` is no name of a user here: take ASCII letters, digits and . _ -"))
}

/// A word of JAAS.
pub(crate) fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("mechanism", &self.mechanism)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_does_not_show_its_password() {
        let shown = format!("{:?}", Login::plain("alice", "hunter2"));
        assert!(shown.contains("alice") && !shown.contains("hunter2"), "{shown}");
        let trouble = Login::plain("alice", "hunter 2").check().unwrap_err();
        assert!(trouble.contains("`alice`") && !trouble.contains("hunter"), "{trouble}");
    }

    #[test]
    fn what_is_written_into_jaas_is_quoted() {
        let jaas = Login::scram_sha_256("alice", r#"a"b\c"#).jaas();
        assert!(
            jaas.ends_with(r#"ScramLoginModule required username="alice" password="a\"b\\c";"#),
            "{jaas}"
        );
        let jaas = Login::oauthbearer("alice").jaas();
        assert!(jaas.ends_with(r#"required unsecuredLoginStringClaim_sub="alice";"#), "{jaas}");
    }

    #[test]
    fn odd_names_and_passwords_are_refused() {
        assert!(Login::oauthbearer("alice").check().is_ok());
        for login in [Login::plain("", "x"), Login::plain("a b", "x"), Login::scram_sha_512("a", "")] {
            assert!(login.check().is_err(), "{login:?}");
        }
    }
}
