//! Pictures of the screens at several sizes.

use super::harness::Harness;

#[test]
fn look() {
    for (w, h) in [(120, 40), (80, 24), (60, 15), (40, 10)] {
        let mut harness = Harness::new(w, h);
        println!("{}\n=====", harness.screen());
        harness.press("u");
        println!("{}\n=====", harness.screen());
        harness.press("<enter>legacy");
        println!("{}\n=====", harness.screen());
        harness.press("_code<enter>");
        println!("{}\n=====", harness.screen());
    }
}
