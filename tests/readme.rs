//! The C code of README.md is that of `examples-c/loop`, which `tests/c/loop.c` compiles and runs.

use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn c_code_of_the_readme_is_that_of_the_example() {
    let readme = read("README.md");
    let mut shown = readme.split("```c\n").skip(1).map(|rest| rest.split("```").next().unwrap_or(rest));
    for file in ["examples-c/loop/loop.c", "examples-c/loop/epoll_loop.c"] {
        let source = read(file);
        let (_, marked) = source.split_once("/* README: begin */\n").expect("a beginning");
        let (marked, _) = marked.split_once("/* README: end */").expect("an end");
        let block = shown.next().unwrap_or_else(|| panic!("README.md does not show {file}"));
        assert!(block == marked, "README.md does not show what is between the marks of {file}");
    }
    assert_eq!(shown.next(), None, "C code in README.md that no test compiles");
}
