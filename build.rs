//! Gives the shared library its soname, as cargo-c does: `libmailtls.so.0.1` for 0.1.z.
//!
//! It knows nothing but the version in Cargo.toml. Where cargo-c links, it says the same.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let part = |name: &str| var(format!("CARGO_PKG_VERSION_{name}")).expect("cargo sets it");
    let (major, minor, patch) = (part("MAJOR"), part("MINOR"), part("PATCH"));
    // Before 1.0 every minor version may break the ABI; before 0.1 every patch.
    let compatible = match (major.as_str(), minor.as_str()) {
        ("0", "0") => format!("0.0.{patch}"),
        ("0", _) => format!("0.{minor}"),
        _ => major,
    };
    // Only ELF has sonames; Android ships its libraries unversioned.
    let elf = ["linux", "freebsd", "dragonfly", "netbsd", "openbsd", "illumos", "haiku", "hurd"];
    if var("CARGO_CFG_TARGET_OS").is_ok_and(|os| elf.contains(&os.as_str())) {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libmailtls.so.{compatible}");
    }
}
