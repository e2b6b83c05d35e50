//! Which image, and that it is here.

use testcontainers::GenericImage;
use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error as DockerError;
use testcontainers::core::error::{ClientError, TestcontainersError};
use testcontainers::runners::AsyncRunner;

use super::engine::trouble;
use crate::Error;

/// The image that the Kafka project publishes, from 3.7 on.
const OFFICIAL: &str = "apache/kafka";

/// An image by name and tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image {
    name: String,
    tag: String,
}

impl Image {
    /// The official image, or another one, whose tag is the version unless it has one.
    pub(super) fn of(name: Option<&str>, version: &str) -> Self {
        let name = name.unwrap_or(OFFICIAL);
        // A colon in the host's part is that of a port.
        let tag = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'));
        let (name, tag) = tag.unwrap_or((name, version));
        Self { name: name.into(), tag: tag.into() }
    }

    pub(super) fn generic(&self) -> GenericImage {
        GenericImage::new(&self.name, &self.tag)
    }

    /// Pulls the image if it is not here.
    pub(super) async fn ensure(&self, docker: &Docker) -> Result<(), Error> {
        let full = self.to_string();
        match docker.inspect_image(&full).await {
            Ok(_) => return Ok(()),
            Err(DockerError::DockerResponseServerError { status_code: 404, .. }) => {}
            Err(error) => return Err(trouble(&format!("inspect `{full}`"), error)),
        }
        let pulled = self.generic().pull_image().await;
        pulled.map(drop).map_err(|error| Error::Image { image: full, trouble: reason(error) })
    }
}

impl std::fmt::Display for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.name, self.tag)
    }
}

/// What the daemon said, without what it was said in answer to.
fn reason(error: TestcontainersError) -> String {
    match error {
        TestcontainersError::Client(ClientError::PullImage { err, .. }) => err.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_the_version_unless_there_is_one() {
        let full = |name| Image::of(name, "4.4.0").to_string();
        assert_eq!(full(None), "apache/kafka:4.4.0");
        assert_eq!(full(Some("kafka")), "kafka:4.4.0");
        assert_eq!(full(Some("host:5000/kafka")), "host:5000/kafka:4.4.0");
        assert_eq!(full(Some("host:5000/kafka:mine")), "host:5000/kafka:mine");
    }
}
