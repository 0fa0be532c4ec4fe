#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    citrus_status_fuzz::command(data);
});
