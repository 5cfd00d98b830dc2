//! Hellos of all kinds.

use super::super::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn codes() -> impl Strategy<Value = Vec<u16>> {
    vec(prop_oneof![any::<u16>(), Just(0x1301), Just(0x0304), Just(0x7a7a), Just(0x00ff)], 1..8)
}

/// The fixed fields.
fn fields() -> impl Strategy<Value = ClientHelloBuilder> {
    (any::<[u8; 32]>(), vec(any::<u8>(), 0..=32), codes(), vec(any::<u8>(), 1..4), 0x0300u16..0x0305)
        .prop_map(|(random, session_id, suites, compression, version)| {
            let suites: Vec<_> = suites.into_iter().map(CipherSuite).collect();
            ClientHello::builder()
                .random(random)
                .session_id(&session_id)
                .cipher_suites(&suites)
                .compression_methods(&compression)
                .legacy_version(Version(version))
                .record_version(Version(0x0301))
        })
}

/// Any ClientHello that can be built.
pub(super) fn hello() -> impl Strategy<Value = ClientHello> {
    let lists = (option::of(codes()), option::of(codes()), option::of(codes()), option::of(codes()));
    let names = (option::of("[a-z]{1,9}(\\.[a-z]{1,9}){0,3}"), option::of(vec(vec(any::<u8>(), 1..9), 1..4)));
    let unknown = vec((100u16..40_000, vec(any::<u8>(), 0..40)), 0..4);
    (fields(), lists, names, unknown, any::<bool>()).prop_map(|(builder, lists, names, unknown, bare)| {
        if bare {
            return builder.without_extensions().build().expect("nothing to go wrong");
        }
        let mut builder = builder;
        if let Some(list) = lists.0 {
            builder = builder.supported_versions(&list.into_iter().map(Version).collect::<Vec<_>>());
        }
        if let Some(name) = names.0 {
            builder = builder.server_name(&name);
        }
        if let Some(list) = lists.1 {
            builder = builder.groups(&list.into_iter().map(Group).collect::<Vec<_>>());
        }
        if let Some(names) = names.1 {
            builder = builder.alpn(&names.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        if let Some(list) = lists.2 {
            builder = builder.signature_schemes(&list.into_iter().map(SignatureScheme).collect::<Vec<_>>());
        }
        if let Some(list) = lists.3 {
            let shares: Vec<_> = list.iter().map(|group| (Group(*group), &[7u8; 33][..])).collect();
            builder = builder.key_shares(&shares);
        }
        for (kind, content) in unknown {
            builder = builder.extension(kind, &content);
        }
        builder.build().expect("all of it is in order")
    })
}

/// Any hello in the format of SSL 2.0.
pub(super) fn sslv2_hello() -> impl Strategy<Value = Sslv2Hello> {
    (prop_oneof![Just(2u16), 0x0300u16..0x0305], vec(any::<[u8; 3]>(), 1..9), vec(any::<u8>(), 16..=32))
        .prop_map(|(version, specs, challenge)| {
            Sslv2Hello::new(Version(version), &specs, &challenge).expect("in order")
        })
}
