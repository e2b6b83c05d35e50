//! Every message in every version: encoded as Java does, and decoded to what Java had.

use crate::fill::for_each_data;
use crate::place::{Absent, Case, Fill, Place};
use crate::vectors::{self, Vector};
use bytes::Bytes;
use kafka_sdk_protocol::api::*;
use kafka_sdk_protocol::for_each_request;
use kafka_sdk_protocol::message::{Message, Request, decode_response, request_frame, response_frame};
use kafka_sdk_protocol::wire::Reader;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Debug;

/// What is compared of one message.
struct Check {
    /// All that the schema has: every one of them must be among the vectors of the release that the schema is of.
    versions: Vec<i16>,
    first_flexible: i16,
    is_data: bool,
    compare: Compare,
}

type Compare = fn(&Subject<'_>) -> Result<(), String>;
type Checks = BTreeMap<&'static str, Check>;

/// What Java wrote.
struct Subject<'a> {
    version: i16,
    case: Case,
    absent: Absent,
    bytes: &'a Bytes,
}

macro_rules! check_requests {
    ($($request:ty),*) => {
        fn requests(checks: &mut Checks) {
            $(
                add::<$request>(checks, false, request::<$request>);
                add::<<$request as Request>::Response>(checks, false, response::<$request>);
            )*
        }
    };
}
for_each_request!(check_requests);

macro_rules! check_data {
    ($($message:ty),*) => {
        fn data(checks: &mut Checks) {
            $(add::<$message>(checks, true, only::<$message>);)*
        }
    };
}
for_each_data!(check_data);

fn add<M: Message>(checks: &mut Checks, is_data: bool, compare: Compare) {
    let versions = M::VERSIONS.collect();
    checks.insert(M::NAME, Check { versions, first_flexible: M::FIRST_FLEXIBLE, is_data, compare });
}

fn checks() -> Checks {
    let mut checks = Checks::new();
    requests(&mut checks);
    data(&mut checks);
    checks
}

impl Subject<'_> {
    fn filled<M: Message + Fill>(&self) -> M {
        M::fill(&Place::new(self.case, M::NAME, self.absent), self.version, None)
    }

    /// The header of a frame of message `M`.
    fn header<M: Message, H: Message + Fill>(&self, version: i16) -> H {
        H::fill(&Place::new(self.case, &format!("{}.header", M::NAME), self.absent), version, None)
    }

    fn is(&self, ours: &[u8]) -> Result<(), String> {
        // We read over tagged fields that we do not know, and do not keep them.
        if ours == self.bytes || self.case == Case::UnknownTags {
            return Ok(());
        }
        let equal = ours.iter().zip(self.bytes).take_while(|(a, b)| a == b).count();
        Err(format!("{} bytes, Java has {}; the first {equal} are equal", ours.len(), self.bytes.len()))
    }
}

fn request<R: Request + Fill + PartialEq + Debug>(theirs: &Subject<'_>) -> Result<(), String> {
    let version = theirs.version;
    let request: R = theirs.filled();
    let header_version = R::header_version(version);
    let header = RequestHeader {
        request_api_key: R::KEY.0,
        request_api_version: version,
        ..theirs.header::<R, RequestHeader>(header_version)
    };
    let mut r = Reader::new(theirs.bytes, false);
    let read_header = RequestHeader::decode_from(&mut r, header_version).map_err(text)?;
    let read = R::decode_from(&mut r, version).map_err(text)?;
    r.finish().map_err(text)?;
    same(&read_header, &header)?;
    same(&read, &request)?;
    let ours = request_frame(&request, version, header.correlation_id, header.client_id.as_deref());
    theirs.is(&ours.map_err(text)?.concat()[4..])
}

fn response<R: Request>(theirs: &Subject<'_>) -> Result<(), String>
where
    R::Response: Fill + PartialEq + Debug,
{
    let version = theirs.version;
    let response: R::Response = theirs.filled();
    let header: ResponseHeader = theirs.header::<R::Response, _>(R::response_header_version(version));
    let (correlation_id, read) = decode_response::<R>(theirs.bytes, version).map_err(text)?;
    same(&correlation_id, &header.correlation_id)?;
    same(&read, &response)?;
    let ours = response_frame::<R>(&response, version, correlation_id);
    theirs.is(&ours.map_err(text)?.concat()[4..])
}

/// A message without header.
fn only<M: Message + Fill + PartialEq + Debug>(theirs: &Subject<'_>) -> Result<(), String> {
    let message: M = theirs.filled();
    same(&M::decode(theirs.bytes, theirs.version).map_err(text)?, &message)?;
    theirs.is(&message.encode(theirs.version).map_err(text)?)
}

fn text(error: impl Error) -> String {
    error.to_string()
}

fn same<T: PartialEq + Debug>(read: &T, filled: &T) -> Result<(), String> {
    if read == filled { Ok(()) } else { Err(format!("read {read:?}, expected {filled:?}")) }
}

/// Name, version and case of a vector.
fn key(vector: &Vector) -> (&str, i16, Case) {
    let mut words = vector.name.split(' ');
    let (name, version, case) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    let case = Case::ALL.into_iter().find(|c| c.name() == case).unwrap();
    (name, version.parse().unwrap(), case)
}

/// What was compared with one release.
#[derive(Default)]
struct Outcome {
    compared: BTreeSet<(String, i16, Case)>,
    left_out: BTreeMap<String, BTreeSet<i16>>,
    defects: Vec<String>,
}

fn compare(vectors: &[Vector], checks: &Checks, absent: Absent) -> Outcome {
    let mut outcome = Outcome::default();
    for vector in vectors {
        let (name, version, case) = key(vector);
        match checks.get(name).filter(|check| check.versions.contains(&version)) {
            Some(check) => {
                let theirs = Subject { version, case, absent, bytes: &vector.bytes };
                if let Err(defect) = (check.compare)(&theirs) {
                    outcome.defects.push(format!("{}: {defect}", vector.name));
                }
                assert!(outcome.compared.insert((name.to_owned(), version, case)), "{} twice", vector.name);
            }
            None => {
                outcome.left_out.entry(name.to_owned()).or_default().insert(version);
            }
        }
    }
    outcome
}

impl Outcome {
    /// Fails on the first defects; says how many versions of requests and responses, and of other messages, are equal.
    fn equal(&self, checks: &Checks) -> (usize, usize) {
        let first: Vec<String> =
            self.defects.iter().take(5).map(|d| d.chars().take(1_000).collect()).collect();
        assert!(self.defects.is_empty(), "{} defects: {first:#?}", self.defects.len());
        let versions: BTreeSet<_> = self.compared.iter().map(|(name, version, _)| (name, version)).collect();
        let (data, frames): (Vec<_>, Vec<_>) =
            versions.into_iter().partition(|(name, _)| checks[name.as_str()].is_data);
        (frames.len(), data.len())
    }

    /// The versions left out, of requests and responses together.
    fn left_out(&self) -> String {
        let mut apis: Vec<String> = Vec::new();
        for (name, versions) in &self.left_out {
            let api = name.trim_end_matches("Request").trim_end_matches("Response");
            let range: Vec<_> = [versions.first(), versions.last().filter(|_| versions.len() > 1)]
                .into_iter()
                .flatten()
                .map(i16::to_string)
                .collect();
            apis.push(format!("{api} {}", range.join("-")));
        }
        apis.dedup();
        apis.join(", ")
    }
}

#[test]
fn every_message_is_as_in_java_4_4_0() {
    let checks = checks();
    let outcome = compare(&vectors::read(include_bytes!("../../golden/messages-4.4.0.gz")), &checks, &[]);
    let (frames, data) = outcome.equal(&checks);
    println!("4.4.0: {frames} requests and responses in a version, {data} other messages, nothing left out");
    assert_eq!(outcome.left_out, BTreeMap::new());
    assert_eq!(frames, 570);
    for (name, check) in &checks {
        for &version in &check.versions {
            for case in Case::ALL {
                let expected = case != Case::UnknownTags || version >= check.first_flexible;
                let found = outcome.compared.contains(&((*name).to_owned(), version, case));
                assert_eq!(found, expected, "{name} {version} {}", case.name());
            }
        }
    }
}

/// Added to version 3 by Kafka 3.4.
const ABSENT_IN_3_3_2: Absent = &["ApiVersionsResponse.zkmigrationready"];

/// Versions of requests and responses that the schema, which is younger, does not have any more.
const GONE: &str = "AlterReplicaLogDirs 0, CreateAcls 0, CreateTopics 0-1, DeleteAcls 0, DeleteTopics 0, \
    DescribeAcls 0, DescribeConfigs 0, DescribeLogDirs 0, Fetch 0-3, ListOffsets 0, OffsetCommit 0-1, OffsetFetch 0, \
    OffsetForLeaderEpoch 0-1, Produce 0-2, RequestHeader 0, WriteTxnMarkers 0";

#[test]
fn every_message_is_as_in_java_3_3_2() {
    let checks = checks();
    let outcome =
        compare(&vectors::read(include_bytes!("../../golden/messages-3.3.2.gz")), &checks, ABSENT_IN_3_3_2);
    let (frames, data) = outcome.equal(&checks);
    println!("3.3.2: {frames} requests and responses in a version, {data} other messages");
    println!("3.3.2: left out, as Kafka 4.0 took these versions away (KIP-896): {GONE}");
    assert_eq!((frames, data), (388, 12));
    assert_eq!(outcome.left_out(), GONE);
}
