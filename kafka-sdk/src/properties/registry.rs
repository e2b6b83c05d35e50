//! Names that schema registries have: files that are shared with clients that use one have them too.

use crate::settings::Dialect::Both;
use crate::settings::Support::Unsupported;
use crate::settings::{Names, Other, Role, Table};

static TABLE: Table<()> = Table { role: Role::Registry, rows: &[], others: OTHERS };
pub(super) static NAMES: &dyn Names = &TABLE;

const OTHERS: &[Other] = &[Other {
    names: &[
        "auto.register.schemas",
        "basic.auth.credentials.source",
        "basic.auth.user.info",
        "bearer.auth.client.id",
        "bearer.auth.client.secret",
        "bearer.auth.credentials.source",
        "bearer.auth.identity.pool.id",
        "bearer.auth.issuer.endpoint.url",
        "bearer.auth.logical.cluster",
        "bearer.auth.scope",
        "bearer.auth.token",
        "key.subject.name.strategy",
        "normalize.schemas",
        "schema.registry.basic.auth.credentials.source",
        "schema.registry.basic.auth.user.info",
        "schema.registry.ssl.key.password",
        "schema.registry.ssl.keystore.location",
        "schema.registry.ssl.keystore.password",
        "schema.registry.ssl.truststore.location",
        "schema.registry.ssl.truststore.password",
        "schema.registry.url",
        "use.latest.version",
        "value.subject.name.strategy",
    ],
    dialect: Both,
    support: Unsupported("schema registries are not in this version"),
}];
