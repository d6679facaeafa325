//! A test of what a sealing key leaves in memory. The process reads its memory, so no other test may run in it.

#![cfg(target_os = "linux")]

use std::fs;
use std::hint::black_box;
use std::io::{Read as _, Seek as _, SeekFrom};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth_runtime::SealingKey;
use zeroize::{Zeroize as _, Zeroizing};

const KEYS: usize = 50;

/// Returns the byte of the key at a position. The whole key appears nowhere in the source.
fn byte(at: usize) -> u8 {
    u8::try_from((13 + at * 7) % 256).unwrap_or_default()
}

fn key_bytes() -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    for (at, byte_there) in bytes.iter_mut().enumerate() {
        *byte_there = byte(at);
    }
    bytes
}

/// Returns sealing keys, half of them from bytes and half of them from text.
#[inline(never)]
fn keys() -> Vec<SealingKey> {
    let bytes = key_bytes();
    let mut text = STANDARD.encode(&bytes[..]);
    let keys = (0..KEYS).map(|nth| match nth % 2 {
        0 => SealingKey::from_bytes(&bytes),
        _ => SealingKey::parse(&text).expect("a key"),
    });
    let keys = keys.collect();
    text.zeroize();
    keys
}

/// Overwrites what earlier calls left on the stack.
#[inline(never)]
fn overwrite_the_stack(depth: usize) {
    let page = black_box([0xA5_u8; 4096]);
    if depth > 0 {
        overwrite_the_stack(depth - 1);
    }
    black_box(&page);
}

/// Returns how often the key occurs in the writable memory of this process.
fn copies() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").expect("maps");
    let mut memory = fs::File::open("/proc/self/mem").expect("memory");
    let mut window = vec![0_u8; 64 * 1024];
    let own = window.as_ptr_range();
    let own = own.start.addr()..own.end.addr();
    let mut found = 0;
    for line in maps.lines() {
        let mut words = line.split(' ');
        let range = words.next().and_then(|range| range.split_once('-'));
        let is_writable = words.next().is_some_and(|mode| mode.starts_with("rw"));
        let address = |text: &str| usize::from_str_radix(text, 16).expect("an address");
        let Some((from, to)) = range.filter(|_| is_writable) else {
            continue;
        };
        let (mut from, to) = (address(from), address(to));
        while from + 32 <= to {
            let length = window.len().min(to - from);
            let at = u64::try_from(from).expect("an address");
            let read = memory
                .seek(SeekFrom::Start(at))
                .and_then(|_| memory.read(&mut window[..length]));
            let length = match read {
                Ok(length) if length >= 32 => length,
                // The page cannot be read, such as a page of the kernel.
                _ => break,
            };
            found += window[..length]
                .windows(32)
                .enumerate()
                .filter(|(at, there)| {
                    !own.contains(&(from + at))
                        && there.iter().enumerate().all(|(at, own)| *own == byte(at))
                })
                .count();
            // A key may span two windows.
            from += length - 31;
        }
    }
    found
}

#[test]
fn a_sealing_key_leaves_memory_with_its_value() {
    let keys = keys();
    let alive = copies();
    assert!(
        alive >= KEYS,
        "{alive} of {KEYS} found: nothing is looked at"
    );
    drop(keys);
    overwrite_the_stack(64);
    let left = copies();
    // A call that is still running may keep one copy.
    assert!(left <= 1, "{left} of {alive} copies outlive their keys");
}
