//! Keystores in Java's own format, JKS: the only ones besides PKCS #12 that Kafka reads before 2.7.
//!
//! Written by hand, because the format is small, has not changed since 1998 and needs only SHA-1, while the crates that
//! write PKCS #12 bring some 25 unmaintained or 95 other crates, for the one release that is so old. What it protects
//! is a test's key with a password that is known anyway.

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

const MAGIC: u32 = 0xfeed_feed;
const VERSION: u32 = 2;
const KEY: u32 = 1;
const TRUSTED: u32 = 2;
/// Goes into the digest of the whole, says Java.
const WHITENER: &[u8] = b"Mighty Aphrodite";
/// The object 1.3.6.1.4.1.42.2.17.1.1 and no parameters: a key that is protected in Java's own way.
const PROTECTED: &[u8] =
    &[0x30, 0x0e, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x2a, 0x02, 0x11, 0x01, 0x01, 0x05, 0x00];
const DIGEST: usize = 20;

/// A keystore with one certificate to be trusted.
pub(super) fn trust(certificate: &[u8], password: &str) -> Vec<u8> {
    let mut store = Store::new(TRUSTED, "authority");
    store.certificate(certificate);
    store.sealed(password)
}

/// A keystore with one key, as PKCS #8, and its certificates, the key's own first.
pub(super) fn key(key: &[u8], chain: &[&[u8]], password: &str) -> Vec<u8> {
    let mut store = Store::new(KEY, "key");
    store.block(&protected(key, fastrand::u128(..), password));
    store.number(chain.len());
    chain.iter().for_each(|certificate| store.certificate(certificate));
    store.sealed(password)
}

/// What is written so far.
struct Store(Vec<u8>);

impl Store {
    /// A store of one entry, whose date is the beginning of time.
    fn new(tag: u32, alias: &str) -> Self {
        let mut store = Self(Vec::new());
        for number in [MAGIC, VERSION, 1, tag] {
            store.0.extend(number.to_be_bytes());
        }
        store.word(alias);
        store.0.extend(0_u64.to_be_bytes());
        store
    }

    fn number(&mut self, number: usize) {
        self.0.extend((number as u32).to_be_bytes());
    }

    fn word(&mut self, word: &str) {
        self.0.extend((word.len() as u16).to_be_bytes());
        self.0.extend(word.as_bytes());
    }

    fn block(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.0.extend(bytes);
    }

    fn certificate(&mut self, der: &[u8]) {
        self.word("X.509");
        self.block(der);
    }

    fn sealed(mut self, password: &str) -> Vec<u8> {
        let seal = sha1(&[&utf16(password), WHITENER, &self.0]);
        self.0.extend(seal);
        self.0
    }
}

/// The key, masked by a chain of digests that begins with the salt, between that salt and a digest of the key.
fn protected(key: &[u8], seed: u128, password: &str) -> Vec<u8> {
    let password = utf16(password);
    let salt = sha1(&[&seed.to_be_bytes()]);
    let mut mask = salt;
    let mut masked = Vec::from(salt);
    for part in key.chunks(DIGEST) {
        mask = sha1(&[&password, &mask]);
        masked.extend(part.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
    }
    masked.extend(sha1(&[&password, key]));
    sequence(&[PROTECTED, &element(0x04, &masked)].concat())
}

fn sequence(content: &[u8]) -> Vec<u8> {
    element(0x30, content)
}

/// DER, with a length of two bytes: keys are longer than 127 bytes and shorter than 65,536.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = (content.len() as u16).to_be_bytes();
    let head: &[u8] = if high == 0 { &[tag, 0x81, low] } else { &[tag, 0x82, high, low] };
    [head, content].concat()
}

fn utf16(password: &str) -> Vec<u8> {
    password.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn sha1(parts: &[&[u8]]) -> [u8; DIGEST] {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    parts.iter().for_each(|part| context.update(part));
    let mut digest = [0; DIGEST];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}
