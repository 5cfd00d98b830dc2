use super::*;

/// Label, line and octets of a section.
type Part = (String, usize, Option<Vec<u8>>);

fn parts(text: &str) -> Vec<Result<Part, String>> {
    let part = |section: Result<Section<'_>, Broken>| match section {
        Ok(section) => Ok((printable(section.label), section.line, section.decode())),
        Err(broken) => Err(broken.reason("it")),
    };
    sections(text.as_bytes()).map(part).collect()
}

#[test]
fn sections_stand_among_anything() {
    let one = "words\n  -----BEGIN A B-----\n YW\n Jj \n-----END A B-----\n";
    assert_eq!(parts(one), [Ok(("A B".into(), 2, Some(b"abc".to_vec())))]);
    let two = "-----BEGIN A-----\r\nYQ==\r\n-----END A-----\r\n-----BEGIN B-----\r\nYg==\r\n-----END B-----";
    let expected = [Ok(("A".into(), 1, Some(b"a".to_vec()))), Ok(("B".into(), 4, Some(b"b".to_vec())))];
    assert_eq!(parts(two), expected);
    let header = "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: X,00\n\nYQ==\n-----END A-----";
    assert_eq!(parts(header), [Ok(("A".into(), 1, Some(b"a".to_vec())))]);
    for empty in ["", "words", "----BEGIN A-----", "-----BEGIN"] {
        assert_eq!(parts(empty), []);
    }
    for bad in ["*", "YQ=", "", "Y"] {
        let text = format!("-----BEGIN A-----\n{bad}\n-----END A-----");
        assert_eq!(parts(&text), [Ok(("A".into(), 1, None))]);
    }
}

#[test]
fn a_section_ends_with_its_own_label_or_is_cut_off() {
    for text in [
        "-----BEGIN A-----\nYQ==\n",
        "-----BEGIN A-----\nYQ==\n-----END B-----\n",
        "-----BEGIN A-----\nYQ==\n-----BEGIN A-----\nYQ==\n-----END A-----\n",
    ] {
        let reason =
            "it is cut off: what begins in line 1 has no line -----END A-----; copy the whole file again";
        assert_eq!(parts(text).first(), Some(&Err(reason.into())));
    }
}

#[test]
fn a_key_on_one_line_does_not_get_into_the_reason() {
    let reason = "it is damaged: line 1 has -----BEGIN and more than a label behind it; the line ends may have \
        been lost in copying";
    for text in [
        "-----BEGIN PRIVATE KEY----- SECRET -----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\\nSECRET\\n-----END PRIVATE KEY-----\\n",
        "-----BEGIN PRIVATE KEY-----SECRET",
    ] {
        assert_eq!(parts(text), [Err(reason.into())]);
    }
}

#[test]
fn a_label_that_is_none_is_not_taken_for_lost_line_ends() {
    let reason = "it is damaged: in line 2, what stands between -----BEGIN and ----- is not a label of PEM, which is \
        in capital letters, as in -----BEGIN CERTIFICATE-----; copy the file again";
    for label in ["Certificate", "certificate", "CERTIFICATe", "CERTIF\u{130}CATE", "PRIVATE_KEY"] {
        let text = format!("\n-----BEGIN {label}-----\nYQ==\n-----END {label}-----\n");
        assert_eq!(parts(&text).first(), Some(&Err(reason.into())), "{label}");
    }
}
