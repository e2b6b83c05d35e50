use super::refresher::Missing;
use super::wanted::{KEPT_FOR, Scope, Turn};
use super::*;
use crate::backoff::Backoff;
use crate::cluster::{Cluster, Route, Settings, Verdict};
use crate::net::Address;
use futures_util::FutureExt;
use kafka_sdk_protocol::api::MetadataRequest;
use tokio::time::sleep;

fn name(topic: &str) -> TopicName {
    TopicName::try_from(topic).unwrap()
}

/// The topics of each request, and whether they may be created.
fn asked(turn: &Turn) -> Vec<(Vec<&str>, bool)> {
    turn.requests.iter().map(|request| (names(request), request.allow_auto_topic_creation)).collect()
}

fn names(request: &MetadataRequest) -> Vec<&str> {
    request.topics.iter().flatten().filter_map(|topic| topic.name.as_deref()).collect()
}

fn take(metadata: &Metadata) -> Turn {
    metadata.wanted().take(Instant::now())
}

#[test]
fn a_topic_is_kept_up_to_date_as_long_as_somebody_is_interested() {
    let metadata = Arc::new(Metadata::default());
    let all = || {
        metadata.refresh_soon();
        take(&metadata)
    };
    let (first, second) = (Interest::new(&metadata, &name("t")), Interest::new(&metadata, &name("t")));
    drop(first);
    assert_eq!(asked(&all()), [(vec!["t"], false)]);
    drop(second);
    let without = all();
    assert_eq!(asked(&without), [(vec![], false)]);
    assert_eq!(without.unwanted, ["t".into()]);
    assert!(all().unwanted.is_empty(), "it is forgotten once");
}

#[test]
fn a_topic_that_is_wanted_again_before_the_next_round_is_not_forgotten() {
    let metadata = Arc::new(Metadata::default());
    drop(Interest::new(&metadata, &name("t")));
    let _again = Interest::new(&metadata, &name("t"));
    assert!(take(&metadata).unwanted.is_empty());
}

#[test]
fn a_first_look_up_asks_for_what_is_new_and_a_refresh_for_all() {
    let metadata = Arc::new(Metadata::default());
    let mut interests = Vec::new();
    for topic in ["a", "b", "c"] {
        interests.push(metadata.interest(topic).unwrap());
        let turn = take(&metadata);
        assert_eq!((asked(&turn), turn.scope), (vec![(vec![topic], false)], Scope::News));
    }
    interests.push(metadata.interest("d").unwrap());
    metadata.wanted().create(&name("c"));
    assert_eq!(asked(&take(&metadata)), [(vec!["c"], true), (vec!["d"], false)]);
    assert_eq!(asked(&take(&metadata)), [], "nobody has asked for anything");
    metadata.wanted().create(&name("b"));
    metadata.refresh_soon();
    let turn = take(&metadata);
    assert_eq!(
        (asked(&turn), turn.scope),
        (vec![(vec!["b"], true), (vec!["a", "c", "d"], false)], Scope::All)
    );
}

#[tokio::test]
async fn a_refresh_for_some_topics_asks_for_no_others() {
    let metadata = Arc::new(Metadata::default());
    let topics: [Arc<str>; 3] = ["a".into(), "b".into(), "not legal".into()];
    let _interests = ["a", "b", "c"].map(|topic| metadata.interest(topic).unwrap());
    take(&metadata);
    let asked = async {
        metadata.wake.notified().await;
        let turn = take(&metadata);
        assert_eq!((asked(&turn), turn.scope), (vec![(vec!["a", "b"], false)], Scope::News));
        metadata.refreshes.send_modify(|refresh| refresh.succeeded(turn.number, Vec::new(), &[]));
    };
    let (refreshed, ()) = tokio::join!(biased; metadata.refreshed_for(&topics), asked);
    refreshed.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_a_dropped_look_up_has_begun_is_kept_for_a_while() {
    let metadata = Arc::new(Metadata::default());
    let attempts = || Attempts::within(Duration::MAX, Backoff::RETRY);
    for _ in 0..2 {
        assert!(metadata.topic("t", LookUp::ToWrite, attempts()).now_or_never().is_none());
    }
    assert_eq!(asked(&take(&metadata)), [(vec!["t"], true)]);
    let all = || {
        metadata.refresh_soon();
        take(&metadata)
    };
    sleep(KEPT_FOR / 2).await;
    assert_eq!(asked(&all()), [(vec!["t"], false)], "kept, and not created again");
    sleep(KEPT_FOR).await;
    assert_eq!(asked(&all()), [(vec![], false)]);
}

#[tokio::test(start_paused = true)]
async fn that_a_topic_is_unknown_is_said_although_a_later_round_is_not_answered() {
    let late = || Some(Error::new(ErrorKind::Timeout, "late"));
    for (second, kind) in
        [(None, None), (late(), None), (Some(Error::new(ErrorKind::Connect, "x")), Some(ErrorKind::Connect))]
    {
        let metadata = Arc::new(Metadata::default());
        let within = Duration::from_secs(3);
        let attempts = Attempts::within(within, Backoff { first: within / 3, most: within * 2 / 3 });
        let start = Instant::now();
        let look_up = metadata.topic("t", LookUp::ToWrite, attempts);
        let refreshes = async {
            let unknown = vec![("t".to_owned(), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)];
            metadata.wake.notified().await;
            let number = take(&metadata).number;
            metadata.refreshes.send_modify(|refresh| refresh.succeeded(number, unknown, &[]));
            metadata.wake.notified().await;
            let number = take(&metadata).number;
            if let Some(error) = second {
                sleep(within / 2).await;
                metadata.refreshes.send_modify(|refresh| refresh.failed(number, error));
            }
            std::future::pending::<()>().await;
        };
        let error = tokio::select! {
            outcome = look_up => outcome.unwrap_err(),
            () = refreshes => unreachable!(),
        };
        match kind {
            None => {
                assert!(error.is(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION), "{error}");
                assert_eq!(error.advice(), Advice::GiveUp);
            }
            Some(kind) => assert_eq!(error.kind(), kind),
        }
        assert!(start.elapsed() <= within, "{:?}", start.elapsed());
    }
}

#[test]
fn a_refusal_is_remembered_until_the_topic_is_asked_for_again_or_unwanted() {
    let mut refresh = Refresh::default();
    let told = |topic: &str, code| vec![(topic.to_owned(), code)];
    let denied = ErrorCode::TOPIC_AUTHORIZATION_FAILED;
    refresh.succeeded(1, told("a", denied), &[]);
    refresh.succeeded(2, told("b", denied), &[]);
    assert_eq!((refresh.number, refresh.refused.len()), (2, 2), "who waits for refresh 1 may look later");
    refresh.succeeded(3, told("a", ErrorCode::NONE), &["b".into()]);
    assert!(refresh.refused.is_empty());
}

#[test]
fn look_ups_fail_at_once_when_the_runtime_of_the_client_has_ended() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let settings = Settings { bootstrap: Address::parse_list("127.0.0.1:1").unwrap(), ..Default::default() };
    let cluster = first.block_on(async { Cluster::new(settings) });
    drop(first);
    let within = Duration::from_secs(60);
    let any = || cluster.ask(&Route::Any, within, |_| MetadataRequest::default(), |_| Verdict::Done);
    runtime().block_on(async {
        let start = Instant::now();
        let errors = [
            cluster.topic("t", LookUp::ToWrite, within).await.unwrap_err(),
            cluster.topic("t", LookUp::ToRead, within).await.unwrap_err(),
            cluster.refreshed().await.unwrap_err(),
            any().await.unwrap_err(),
        ];
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
            assert!(error.to_string().contains("runtime"), "{error}");
        }
    });
}

#[test]
fn a_topic_is_gone_when_it_was_unknown_for_a_while() {
    let (mut missing, now) = (Missing::default(), Instant::now());
    let after = |seconds| now + Duration::from_secs(seconds);
    let told = |topics: &[&str], code| topics.iter().map(|t| ((*t).to_owned(), code)).collect::<Vec<_>>();
    let unknown = |topics: &[&str]| told(topics, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let none: [Arc<str>; 0] = [];
    missing.note(now, &unknown(&["a", "b", "c"]));
    assert_eq!(missing.gone(now), none);
    missing.note(after(3), &told(&["b"], ErrorCode::LEADER_NOT_AVAILABLE));
    missing.note(after(6), &unknown(&["b"]));
    missing.forget(&["c".into()]);
    assert_eq!(missing.gone(after(6)), ["a".into()], "b was known in between, and nobody wants c");
    missing.note(after(7), &told(&["a"], ErrorCode::NONE));
    assert_eq!(missing.gone(after(7)), none);
}
