//! Kafka's console producer and consumer.

use crate::record::Record;
use crate::{Broker, Peer};
use kafka_sdk_protocol::records::compression::Codec;

pub(crate) struct Java;

/// What stands for nothing.
const NULL: &str = "<null>";

impl Peer for Java {
    fn name(&self) -> &'static str {
        "Java"
    }

    fn write(&self, broker: &Broker, topic: &str, codec: Codec, records: &[Record]) {
        let null = format!("null.marker={NULL}");
        let properties = ["parse.key=true", "parse.headers=true", null.as_str()];
        let properties = properties.into_iter().flat_map(|property| ["--reader-property", property]);
        let tool = broker.kafka.console_producer().args(["--topic", topic]).args(properties);
        let tool = tool.args(["--compression-codec", codec.name()]);
        let lines: String = records.iter().map(line).collect();
        let ended = broker.runtime.block_on(tool.stdin(lines).run()).unwrap();
        assert!(ended.success(), "{}", ended.stderr());
    }

    fn read(&self, broker: &Broker, topic: &str, count: usize) -> Vec<Record> {
        let null = format!("null.literal={NULL}");
        let properties = ["print.key=true", "print.headers=true", null.as_str()];
        let properties = properties.into_iter().flat_map(|property| ["--formatter-property", property]);
        let tool = broker.kafka.console_consumer().args(["--topic", topic, "--from-beginning"]);
        let tool = tool.args(["--max-messages", &count.to_string(), "--timeout-ms", "20000"]);
        let ended = broker.runtime.block_on(tool.args(properties).run()).unwrap();
        ended.text().lines().map(parsed).collect()
    }
}

/// Headers, key and value, with tabs between them.
fn line(record: &Record) -> String {
    let headers: Vec<String> = record.headers.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    let headers = if headers.is_empty() { NULL.to_owned() } else { headers.join(",") };
    let or_null = |text: &Option<String>| text.clone().unwrap_or_else(|| NULL.into());
    format!("{headers}\t{}\t{}\n", or_null(&record.key), or_null(&record.value))
}

fn parsed(line: &str) -> Record {
    let mut fields = line.splitn(3, '\t');
    let mut field = || fields.next().unwrap();
    let or_none = |text: &str| (text != NULL).then(|| text.to_owned());
    let headers = match field() {
        "NO_HEADERS" => Vec::new(),
        headers => headers.split(',').map(header).collect(),
    };
    Record { headers, key: or_none(field()), value: or_none(field()) }
}

fn header(text: &str) -> (String, String) {
    let (name, value) = text.split_once(':').unwrap();
    (name.into(), value.into())
}
