//! Listeners with security, and ACLs, as brokers are told of them.
//!
//! What brokers and controllers say to each other stays in the clear, on listeners of their own: they are the principal
//! `User:ANONYMOUS`, which is therefore a super user. So is a client of the plain listener.

use std::sync::Arc;

use super::versions::{Mode, Release};
use crate::Error;
use crate::security::tls::Certificates;
use crate::security::{Listener, Login, Mechanism};

/// What brokers are called who say nothing of themselves.
const NOBODY: &str = "User:ANONYMOUS";

/// What the builder was told of security.
#[derive(Debug, Clone, Default)]
pub(crate) struct Security {
    pub(crate) listeners: Vec<Listener>,
    /// The super users, if ACLs are on.
    pub(crate) acls: Option<Vec<String>>,
}

#[cfg(feature = "docker")]
impl Security {
    /// Whether nothing was asked for.
    pub(crate) fn is_plain(&self) -> bool {
        self.listeners.is_empty() && self.acls.is_none()
    }
}

/// The same with its certificates made.
#[derive(Debug)]
pub(super) struct Secured {
    pub(super) security: Security,
    pub(super) certificates: Option<Arc<Certificates>>,
}

impl Security {
    /// Refuses what a version cannot do, or what nothing can.
    pub(crate) fn check(&self, release: &'static Release, mode: Mode) -> Result<(), Error> {
        for (index, listener) in self.listeners.iter().enumerate() {
            let protocol = listener.protocol();
            let refused = |trouble| Error::Listener { protocol, trouble };
            listener.check().map_err(refused)?;
            if self.listeners[..index].iter().any(|other| other.protocol() == protocol) {
                return Err(refused("there is one already: give that one all users".into()));
            }
            supports(listener, release, mode)?;
        }
        Ok(())
    }

    /// Each user of SCRAM with all its ways to log in.
    pub(super) fn scram_users(&self) -> Vec<Vec<&Login>> {
        let logins = self.listeners.iter().flat_map(Listener::logins);
        let mut users: Vec<Vec<&Login>> = Vec::new();
        for login in logins.filter(|login| login.mechanism().is_scram()) {
            match users.iter_mut().find(|user| user[0].user() == login.user()) {
                Some(user) => user.push(login),
                None => users.push(vec![login]),
            }
        }
        users
    }
}

fn supports(listener: &Listener, release: &'static Release, mode: Mode) -> Result<(), Error> {
    let version = release.version;
    let scram = listener.logins().iter().any(|login| login.mechanism().is_scram());
    if scram && mode == Mode::KRaft && release.number < (3, 5) {
        let what = "SCRAM with KRaft";
        return Err(Error::Unsupported { version, what, advice: "take 3.5 or newer, or `zookeeper()`" });
    }
    let both = listener.protocol().has_sasl() && !listener.certificates().is_empty();
    if both && release.number < (2, 8) {
        let what = "client certificates where there is SASL";
        return Err(Error::Unsupported { version, what, advice: "take 2.8 or newer" });
    }
    Ok(())
}

impl Secured {
    /// No security at all.
    pub(super) fn none() -> Self {
        Self { security: Security::default(), certificates: None }
    }

    /// Sets all that this takes on a broker.
    pub(super) fn set(&self, release: &Release, mode: Mode, set: &mut impl FnMut(&str, &dyn ToString)) {
        for (key, value) in self.certificates.iter().flat_map(|made| made.node_properties()) {
            set(key, &value);
        }
        self.security.listeners.iter().for_each(|listener| set_listener(listener, set));
        if let Some(super_users) = &self.security.acls {
            let named = super_users.iter().map(|user| format!(";User:{user}")).collect::<String>();
            set("authorizer.class.name", &authorizer(release, mode));
            set("super.users", &format!("{NOBODY}{named}"));
        }
    }
}

fn set_listener(listener: &Listener, set: &mut impl FnMut(&str, &dyn ToString)) {
    let prefix = format!("listener.name.{}", listener.protocol().name().to_lowercase());
    if !listener.certificates().is_empty() {
        set(&format!("{prefix}.ssl.client.auth"), &"required");
    }
    let mut mechanisms: Vec<Mechanism> = listener.logins().iter().map(Login::mechanism).collect();
    mechanisms.sort_unstable();
    mechanisms.dedup();
    for &mechanism in &mechanisms {
        let name = mechanism.name().to_lowercase();
        set(&format!("{prefix}.{name}.sasl.jaas.config"), &jaas(mechanism, listener.logins()));
    }
    if !mechanisms.is_empty() {
        let names: Vec<&str> = mechanisms.into_iter().map(Mechanism::name).collect();
        set(&format!("{prefix}.sasl.enabled.mechanisms"), &names.join(","));
    }
}

/// Whom PLAIN lets in is said here; users of SCRAM are kept by the cluster, and OAUTHBEARER believes the tokens.
fn jaas(mechanism: Mechanism, logins: &[Login]) -> String {
    let options = match mechanism {
        Mechanism::Plain => {
            let plain = logins.iter().filter(|login| login.mechanism() == Mechanism::Plain);
            plain.map(|login| format!(" user_{}=\"{}\"", login.user(), login.password())).collect()
        }
        Mechanism::ScramSha256 | Mechanism::ScramSha512 => String::new(),
        Mechanism::OauthBearer => " unsecuredLoginStringClaim_sub=\"broker\"".into(),
    };
    format!("{} required{options};", mechanism.module())
}

fn authorizer(release: &Release, mode: Mode) -> &'static str {
    match mode {
        Mode::KRaft => "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        Mode::ZooKeeper if release.number >= (2, 4) => "kafka.security.authorizer.AclAuthorizer",
        Mode::ZooKeeper => "kafka.security.auth.SimpleAclAuthorizer",
    }
}
