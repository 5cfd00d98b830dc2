//! Certificates, keys and revocation lists in PEM. The body is in the library, so that the corpus can be
//! replayed without a fuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mailtls_fuzz::pem(data));
