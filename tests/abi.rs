//! The shared library exports exactly the functions of `include/mailtls.h`, under the soname that
//! the version asks for; the C tests leave no function out; the Makefile links what is needed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The shared library that cargo has built for this test.
fn shared_library() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let library = test.with_file_name("libmailtls.so");
    assert!(library.exists(), "{} is not there", library.display());
    library
}

/// What a program prints; `None` when it is not installed.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    // rustc tells the native libraries among its notes.
    Some(String::from_utf8_lossy(&output.stdout).into_owned() + &errors)
}

/// The functions that the header declares.
fn functions_of_the_header() -> BTreeSet<String> {
    let header = read("include/mailtls.h");
    let code = header.lines().filter(|line| !line.trim_start().starts_with(['*', '/', '#']));
    let before_bracket = code.filter_map(|line| line.split_once('(')).map(|(before, _)| before);
    let names = before_bracket.filter_map(|before| before.rsplit([' ', '*']).next());
    names.filter(|name| name.starts_with("mailtls_")).map(Into::into).collect()
}

#[test]
fn header_declares_functions() {
    let functions = functions_of_the_header();
    for known in ["mailtls_version", "mailtls_connection_free", "mailtls_connection_peer_sha256"] {
        assert!(functions.contains(known), "{known} was not found in the header");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn exported_symbols_are_the_functions_of_the_header() {
    let library = shared_library();
    let listed = output("nm", &["-D", "--defined-only", &library.to_string_lossy()])
        .expect("nm is needed; it comes with any C compiler (binutils)");
    let exported: BTreeSet<String> =
        listed.lines().filter_map(|line| line.split_whitespace().nth(2)).map(Into::into).collect();
    let declared = functions_of_the_header();
    let missing: Vec<_> = declared.difference(&exported).collect();
    let unknown: Vec<_> = exported.difference(&declared).collect();
    assert!(missing.is_empty(), "in the header but not exported: {missing:?}");
    assert!(unknown.is_empty(), "exported but not in the header: {unknown:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn soname_names_the_versions_that_fit() {
    let library = shared_library();
    let headers = output("objdump", &["-p", &library.to_string_lossy()])
        .expect("objdump is needed; it comes with any C compiler (binutils)");
    let soname = headers.lines().find_map(|line| line.trim().strip_prefix("SONAME")).map(str::trim);
    let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    let fits = if major == "0" { format!("0.{minor}") } else { major.to_owned() };
    assert_eq!(soname, Some(format!("libmailtls.so.{fits}").as_str()));
}

/// The functions that show something of a handle or of nothing, each with its comment.
fn functions_that_lend() -> Vec<(String, String)> {
    let header = read("include/mailtls.h");
    let mut found = Vec::new();
    for item in header.split("/**").skip(1) {
        let Some((comment, code)) = item.split_once("*/") else { continue };
        let Some((before, arguments)) = code.split(';').next().and_then(|d| d.split_once('(')) else {
            continue;
        };
        let Some(name) = before.rsplit([' ', '*', '\n']).next().filter(|n| n.starts_with("mailtls_")) else {
            continue;
        };
        let returned = before.trim_start().starts_with("const ") && before.contains('*');
        let written = arguments.split(',').any(|a| a.trim_start().starts_with("const ") && a.contains("**"));
        if returned || written {
            let words: Vec<_> = comment.split_whitespace().filter(|word| *word != "*").collect();
            found.push((name.to_owned(), words.join(" ")));
        }
    }
    assert!(found.len() > 50, "the header is not read: {found:?}");
    found
}

/// One rule for all of them, in one wording; and a test that reads each at the last moment.
#[test]
fn borrowed_pointers_follow_the_rule() {
    const RULE: &str = "alid until the next call that takes the same handle as non-const";
    let test = read("tests/c/lifetimes.c");
    for (name, comment) in functions_that_lend() {
        let (borrowed, for_ever) = (comment.contains(RULE), comment.contains("Valid for ever"));
        assert!(borrowed != for_ever, "{name}: its comment says \"V{RULE}.\" or \"Valid for ever.\"");
        let held = test.contains(&format!("\"{name}\","));
        assert!(held == borrowed, "{name}: tests/c/lifetimes.c must borrow it, and have it in its list");
        // Nothing else is promised.
        for other in ["Valid as long", "alid until the connection", "alid until it is", "Static."] {
            assert!(!comment.contains(other), "{name}: {other}");
        }
    }
}

#[test]
fn c_tests_try_every_function_with_null() {
    let directory = std::fs::read_dir(root().join("tests/c")).expect("tests/c");
    let names = directory.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned());
    let tries = |name: &String| name.starts_with("null_") || name == "pair.c";
    let source: String = names.filter(tries).map(|name| read(&format!("tests/c/{name}"))).collect();
    let untried: Vec<_> =
        functions_of_the_header().into_iter().filter(|f| !source.contains(&format!("{f}("))).collect();
    assert!(untried.is_empty(), "not in tests/c/null_*.c: {untried:?}");
}

/// A static library brings no list of what it needs: the Makefile and mailtls.pc have it.
#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn makefile_links_what_rust_needs() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let source = directory.join("nothing.rs");
    std::fs::write(&source, "").expect("a source file");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let told = output(
        &rustc,
        &[
            "--crate-type=staticlib",
            "--print=native-static-libs",
            "--out-dir",
            &directory.to_string_lossy(),
            &source.to_string_lossy(),
        ],
    )
    .expect("rustc");
    let needed = told.lines().find_map(|line| line.split_once("native-static-libs: ")).expect("the list").1;
    let makefile = read("Makefile");
    let has = makefile.lines().find_map(|line| line.strip_prefix("NATIVE_LIBS_Linux   := ")).expect("a list");
    let words = |list: &str| list.split_whitespace().map(String::from).collect::<BTreeSet<_>>();
    assert_eq!(words(has), words(needed));
}
