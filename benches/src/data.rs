//! Values of records, all different: compressing or copying one again and again would flatter.

/// `n` values of `size` random bytes.
pub fn random(n: usize, size: usize) -> Vec<Vec<u8>> {
    let mut random = Random::default();
    (0..n).map(|_| (0..size).map(|_| random.next() as u8).collect()).collect()
}

/// `n` values of `size` random letters and digits, six bits in each byte: ids and tokens.
pub fn tokens(n: usize, size: usize) -> Vec<Vec<u8>> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut random = Random::default();
    (0..n).map(|_| (0..size).map(|_| LETTERS[random.below(64)]).collect()).collect()
}

/// `n` events of some 330 bytes.
pub fn json(n: usize) -> Vec<Vec<u8>> {
    const PATHS: [&str; 6] =
        ["/", "/cart", "/checkout", "/products/4711", "/search?q=shoes", "/account/orders"];
    const WORDS: &str = "the order was not sent because a customer asked for another size and wants to pay later \
        please call before noon on any day but friday if this is still possible or leave it with our neighbour \
        in number twelve who has some time after work thanks red blue green large small box letter card cash";
    let words: Vec<&str> = WORDS.split(' ').collect();
    let mut random = Random::default();
    let mut event = |i: usize| {
        let note: Vec<&str> = (0..12).map(|_| words[random.below(words.len() as u64)]).collect();
        let (id, session) = (random.next(), random.next());
        let (path, note) = (PATHS[random.below(6)], note.join(" "));
        let (user, millis, amount) = (random.below(50_000), random.below(1_000), random.below(100_000));
        format!(
            "{{\"id\":\"{id:016x}\",\"sequence\":{i},\"time\":\"2026-11-21T10:15:30.{millis:03}Z\",\"user\":{user},\
             \"session\":\"{session:016x}\",\"type\":\"page_view\",\"path\":\"{path}\",\"duration_ms\":{},\
             \"amount_cents\":{amount},\"price\":{:.4},\"note\":\"{note}\",\"region\":\"eu-central-1\"}}",
            random.below(900),
            random.below(1_000_000) as f64 / 1e4,
        )
    };
    (0..n).map(|i| event(i).into_bytes()).collect()
}

/// xorshift: the same numbers in each run.
struct Random(u64);

impl Default for Random {
    fn default() -> Self {
        Self(0x2545_f491_4f6c_dd1d)
    }
}

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> usize {
        (self.next() % n) as usize
    }
}
