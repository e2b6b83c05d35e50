use super::*;
use tokio::net::TcpListener;

fn knows(names: &'static [(&'static str, &'static [&'static str])]) -> Dialer {
    let resolve = move |host: &str, port| {
        let found = names.iter().find(|(name, _)| *name == host).ok_or(io::ErrorKind::NotFound)?;
        Ok(found.1.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), port)).collect())
    };
    Dialer { resolver: Resolver::Own(Arc::new(resolve)), ..Dialer::default() }
}

fn address(host: &str, port: u16) -> Address {
    Address { host: host.into(), port }
}

async fn tried(dialer: &Dialer, host: &str) -> Vec<String> {
    let addresses = dialer.addresses(&address(host, 9)).await.unwrap();
    addresses.iter().map(|address| address.ip().to_string()).collect()
}

#[tokio::test]
async fn the_families_take_turns_and_one_alone_can_be_asked_for() {
    let mut dialer = knows(&[("many", &["::1", "::2", "::3", "127.0.0.1", "127.0.0.2"])]);
    assert_eq!(tried(&dialer, "many").await, ["::1", "127.0.0.1", "::2", "127.0.0.2", "::3"]);
    dialer.family = AddressFamily::V4;
    assert_eq!(tried(&dialer, "many").await, ["127.0.0.1", "127.0.0.2"]);
    dialer.family = AddressFamily::V6;
    assert_eq!(tried(&dialer, "many").await, ["::1", "::2", "::3"]);
    assert_eq!(tried(&dialer, "127.0.0.1").await, [""; 0]);
    let error = dialer.dial(&address("127.0.0.1", 9)).await.err().unwrap().error(&address("127.0.0.1", 9));
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("no IPv6 address"), "{error:?}");
}

#[tokio::test]
async fn an_address_is_not_looked_up() {
    let dialer = knows(&[]);
    for ip in ["127.0.0.1", "::1"] {
        assert_eq!(tried(&dialer, ip).await, [ip]);
    }
}

#[tokio::test]
async fn a_name_with_a_dot_at_its_end_is_looked_up_with_it_and_then_without() {
    let dialer = knows(&[("broker", &["127.0.0.1"]), ("other.", &["127.0.0.2"]), ("other", &["127.0.0.3"])]);
    assert_eq!(tried(&dialer, "broker.").await, ["127.0.0.1"]);
    assert_eq!(tried(&dialer, "other.").await, ["127.0.0.2"]);
    assert!(dialer.addresses(&address("nobody.", 9)).await.is_err());
    assert!(dialer.addresses(&address(".", 9)).await.is_err());
}

#[tokio::test]
async fn the_next_address_is_tried_when_nothing_listens_at_the_first() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    // All of 127.0.0.0/8 is this machine; nothing listens at the first two.
    let dialer = knows(&[("broker", &["127.0.0.7", "::1", "127.0.0.1"])]);
    let address = address("broker", port);
    let (dialled, accepted) = tokio::join!(dialer.dial(&address), listener.accept());
    assert!(dialled.is_ok() && accepted.is_ok());
}

#[tokio::test]
async fn what_is_set_is_set_on_the_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let plain = Dialer::default().connect(to).await.unwrap();
    assert!(plain.nodelay().unwrap());
    let dialer = Dialer {
        nagle: Switch::On,
        send_buffer: Some(65_536),
        receive_buffer: Some(32_768),
        ..Dialer::default()
    };
    let stream = dialer.connect(to).await.unwrap();
    assert!(!stream.nodelay().unwrap());
    let socket = socket2::SockRef::from(&stream);
    // Linux doubles what is asked for.
    assert!((65_536..=131_072).contains(&socket.send_buffer_size().unwrap()));
    assert!((32_768..=65_536).contains(&socket.recv_buffer_size().unwrap()));
    assert!(socket.keepalive().unwrap());
    let without = Dialer { keepalive: Switch::Off, ..Dialer::default() }.connect(to).await.unwrap();
    assert!(!socket2::SockRef::from(&without).keepalive().unwrap());
}
