#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| deployc_fuzz::check(data));
