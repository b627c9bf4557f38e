//! Any bytes, in any pieces: no panic, and the pieces make no difference.
#![no_main]

use inspect::Inspector;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((size, data)) = data.split_first() else { return };
    let mut whole = Inspector::new();
    whole.feed(data);
    let whole = whole.finish();
    let mut pieces = Inspector::new();
    data.chunks(usize::from(*size).max(1)).for_each(|piece| pieces.feed(piece));
    assert_eq!(pieces.finish(), whole);
    if let Ok(found) = whole {
        assert!(found.facts.moves <= found.facts.commands && found.facts.commands > 0);
        let text = [&found.facts.slicer, &found.facts.target_machine, &found.facts.material];
        assert!(text.into_iter().flatten().all(|text| !text.is_empty() && !text.contains(char::is_control)));
    }
});
