#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| kafka_sdk_fuzz::targets::zstd(input));
