//! Logs in a folder, and the program that keeps them there.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::DeleteTopicsRequest;
use kafka_sdk_protocol::records::ProducerStamp;
use kafka_sdk_testcontainers::TestKafka;

use crate::common::{Client, TestResult, batch, plain, records};

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        Self(std::env::temp_dir().join(format!("kafka-sdk-embedded-{test}-{}", std::process::id())))
    }

    fn segment(&self) -> PathBuf {
        self.0.join("orders-0").join("00000000000000000000.log")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_later_cluster_goes_on_with_topics_records_and_producers() -> TestResult {
    let folder = Folder::new("goes-on");
    let stamped = |base_sequence| batch(&["x"], ProducerStamp { id: 5, epoch: 0, base_sequence });
    let start = || TestKafka::embedded().topic("orders", 1).folder(&folder.0).start();
    let kafka = start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let id = client.metadata(&["orders"]).await?.topics[0].topic_id;
    client.produce("orders", 0, plain(&["a", "b"])).await?;
    client.produce("orders", 0, stamped(0)).await?;
    drop(kafka);

    let kafka = start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    assert_eq!(client.metadata(&["orders"]).await?.topics[0].topic_id, id);
    assert_eq!(client.metadata(&["orders"]).await?.topics[0].partitions[0].leader_epoch, 1);
    assert_eq!(
        client.produce("orders", 0, stamped(0)).await?.base_offset,
        2,
        "it is known to be a duplicate"
    );
    assert_eq!(client.produce("orders", 0, stamped(1)).await?.base_offset, 3);
    assert!(client.producer_id().await? > 5);
    let offsets: Vec<i64> = records(&client.fetch("orders", 0, 0).await?).iter().map(|it| it.0).collect();
    assert_eq!(offsets, [0, 1, 2, 3]);
    Ok(())
}

#[tokio::test]
async fn an_incomplete_batch_is_cut_off() -> TestResult {
    let folder = Folder::new("cut");
    let start = || TestKafka::embedded().topic("orders", 1).folder(&folder.0).start();
    let kafka = start().await?;
    Client::connect(kafka.bootstrap_servers()).await?.produce("orders", 0, plain(&["a"])).await?;
    drop(kafka);
    let size = fs::metadata(folder.segment())?.len();
    File::options().append(true).open(folder.segment())?.write_all(&plain(&["b"])[..30])?;

    let kafka = start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    assert_eq!(records(&client.fetch("orders", 0, 0).await?), [(0, "a".into())]);
    assert_eq!(fs::metadata(folder.segment())?.len(), size);
    assert_eq!(client.produce("orders", 0, plain(&["c"])).await?.base_offset, 1);
    Ok(())
}

#[tokio::test]
async fn a_deleted_topic_leaves_nothing_behind() -> TestResult {
    let folder = Folder::new("deleted");
    let kafka = TestKafka::embedded().topic("orders", 1).folder(&folder.0).start().await?;
    Client::connect(kafka.bootstrap_servers()).await?.produce("orders", 0, plain(&["a"])).await?;
    drop(kafka);
    let kafka = TestKafka::embedded().folder(&folder.0).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let delete = DeleteTopicsRequest { topic_names: vec!["orders".into()], ..Default::default() };
    assert_eq!(client.ask(&delete, 5).await?.responses[0].error_code, ErrorCode::NONE);
    assert!(!folder.segment().exists());
    Ok(())
}

/// The program, which is ended in the end.
struct Program(Child);

impl Program {
    fn start(folder: &Folder, port: u16) -> std::io::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_embedded-kafka"));
        command.args(["--port", &port.to_string(), "--topic", "orders:1", "--folder"]).arg(&folder.0);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        child.stdout.take().map_or(Ok(0), |output| BufReader::new(output).read_line(&mut line))?;
        assert_eq!(line, format!("listening on 127.0.0.1:{port}\n"));
        Ok(Self(child))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_program_listens_where_it_is_told_and_keeps_records_over_a_sigkill() -> TestResult {
    let folder = Folder::new("program");
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let address = format!("127.0.0.1:{port}");
    let program = Program::start(&folder, port)?;
    Client::connect(&address).await?.produce("orders", 0, plain(&["a"])).await?;
    drop(program);
    let _program = Program::start(&folder, port)?;
    let fetched = Client::connect(&address).await?.fetch("orders", 0, 0).await?;
    assert_eq!(records(&fetched), [(0, "a".into())]);
    Ok(())
}
