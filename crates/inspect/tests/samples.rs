//! The real sample files, against what their slicers say (`samples/samples.json`).

#![allow(clippy::unwrap_used, clippy::expect_used)]

use inspect::{Content, Facts, Inspected, Inspector, NotPrintable};
use serde_json::Value;

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples")
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn inspect(bytes: &[u8]) -> Result<Inspected, NotPrintable> {
    let mut inspector = Inspector::new();
    inspector.feed(bytes);
    inspector.finish()
}

fn facts(text: &str) -> Facts {
    inspect(text.as_bytes()).unwrap().facts
}

fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[1..4], b"PNG");
    let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (side(16), side(20))
}

/// The sum of `slicer_says[key]`, a list or an object of numbers.
fn total(says: &Value, key: &str) -> Option<f64> {
    let numbers: Vec<f64> = match says.get(key)? {
        Value::Array(list) => list.iter().filter_map(Value::as_f64).collect(),
        Value::Object(map) => map.values().filter_map(Value::as_f64).collect(),
        _ => return None,
    };
    Some(numbers.iter().sum())
}

fn near(ours: Option<f64>, theirs: Option<f64>, name: &str) {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => assert!((ours - theirs).abs() < 0.002, "{name}: {ours} and {theirs}"),
        (_, None) => {}
        (None, Some(theirs)) => panic!("{name}: nothing, but the slicer says {theirs}"),
    }
}

#[test]
fn every_sample_says_what_its_slicer_says() {
    let manifest: Value = serde_json::from_slice(&read("samples.json")).unwrap();
    let samples = manifest["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 8);
    for sample in samples {
        let name = sample["file"].as_str().unwrap();
        let bytes = read(name);
        assert_eq!(bytes.len() as u64, sample["bytes"].as_u64().unwrap(), "{name}");
        let says = &sample["slicer_says"];
        let facts = inspect(&bytes).unwrap().facts;
        let slicer = says["slicer"].as_str().unwrap().replace("Cura_SteamEngine", "Cura");
        assert_eq!(facts.slicer.as_deref(), Some(slicer.as_str()), "{name}");
        assert_eq!(facts.slicer_version.as_deref(), says["slicer_version"].as_str(), "{name}");
        assert_eq!(facts.print_time_s, says["time_s"].as_u64(), "{name}");
        let mm = total(says, "filament_mm").or(total(says, "filament_m").map(|m| m * 1000.0));
        near(facts.filament_mm, mm, name);
        near(facts.filament_mm3, total(says, "filament_mm3"), name);
        near(facts.filament_mm3, total(says, "filament_cm3").map(|cm3| cm3 * 1000.0), name);
        near(facts.filament_g, total(says, "total_g"), name);
        let layers = says["layer_count"].as_u64().or(says["layer_changes"].as_u64());
        if layers.is_some() {
            assert_eq!(facts.layers.map(u64::from), layers, "{name}");
        }
        let machine = says["target_machine"].as_str().or(says["printer_model"].as_str());
        if machine.is_some() {
            assert_eq!(facts.target_machine.as_deref(), machine, "{name}");
        }
        let material = says["filament_type"].as_str().map(|types| types.split(';').next().unwrap());
        if material.is_some() {
            assert_eq!(facts.material.as_deref(), material, "{name}");
        }
        assert_eq!(facts.moves, sample["toolpath"]["moves"].as_u64().unwrap(), "{name}");
        assert!(facts.commands > facts.moves, "{name}");
        let placeholder = says["header_is_placeholder"].as_bool() == Some(true);
        assert_eq!(!facts.warnings.is_empty(), placeholder, "{name}: {:?}", facts.warnings);
        let kept: Facts = serde_json::from_str(&serde_json::to_string(&facts).unwrap()).unwrap();
        assert_eq!(kept, facts);
    }
}

#[test]
fn particulars() {
    let boat = inspect(&read("cura_ender3_boat.gcode")).unwrap();
    assert_eq!(boat.facts.size_mm, Some([46.312, 30.79, 23.6]));
    assert_eq!(boat.facts.layer_height_mm, Some(0.2));
    assert_eq!(boat.facts.flavor.as_deref(), Some("Marlin"));
    assert_eq!(size(&boat.thumbnail.unwrap()), (300, 300));

    let cube = inspect(&read("um3_calcube.gcode")).unwrap();
    assert_eq!(cube.facts.material.as_deref(), Some("PLA"));
    assert_eq!(cube.facts.size_mm, None, "the box starts at the machine's origin");
    // The path's own sum is 603.926 mm.
    assert!((cube.facts.filament_mm.unwrap() - 603.926).abs() < 0.2);
    assert_eq!(cube.thumbnail, None);

    let void = inspect(&read("curaengine_cli_placeholder_header.gcode")).unwrap().facts;
    assert_eq!(void.warnings, ["The slicer did not fill in time and size."]);
    assert_eq!((void.print_time_s, void.filament_mm, void.size_mm), (None, None, None));

    let vase = inspect(&read("prusa_mini_vase.gcode")).unwrap();
    assert_eq!(size(&vase.thumbnail.unwrap()), (220, 124), "the larger of QOI 16x16 and JPG 220x124");
    let mk3s = inspect(&read("prusa_mk3s_boat.gcode")).unwrap();
    assert_eq!(size(&mk3s.thumbnail.unwrap()), (160, 120));
    let square = inspect(&read("small_square.gcode")).unwrap();
    assert_eq!(size(&square.thumbnail.unwrap()), (48, 48));
    assert_eq!(square.facts.size_mm, Some([20.0, 20.0, 2.0]));
    let bridge = inspect(&read("slic3r_marlin_bridge.gcode")).unwrap().facts;
    assert_eq!((bridge.filament_g, bridge.layer_height_mm), (Some(10.1), Some(0.25)));
}

#[test]
fn other_slicers() {
    let ulti = facts(
        ";FLAVOR:UltiGCode\n;TIME:1533\n;MATERIAL:3087\n;MATERIAL2:0\n;MINX:86.625\n;MINY:86.658\n;MINZ:0.27\n\
         ;MAXX:136.375\n;MAXY:136.342\n;MAXZ:12.07\n;TARGET_MACHINE.NAME:Ultimaker 2+\n\
         ;Generated with Cura_SteamEngine 4.13.0\nG10\n;LAYER_COUNT:1\n;LAYER:0\nG1 X1\n",
    );
    assert_eq!((ulti.filament_mm3, ulti.filament_mm, ulti.print_time_s), (Some(3087.0), None, Some(1533)));
    assert_eq!(ulti.size_mm, Some([49.75, 49.684, 12.07]));

    let bambu = facts(
        "; HEADER_BLOCK_START\n; BambuStudio 01.06.02.04\n\
         ; model printing time: 5m 39s; total estimated time: 11m 27s\n; total layer number: 30\n\
         ; total filament length [mm] : 5127.93,100\n; total filament volume [cm^3] : 12334,240\n\
         ; total filament weight [g] : 15.5,0.3\n; filament: 1,3\n; HEADER_BLOCK_END\n\n; CONFIG_BLOCK_START\n\
         ; filament_type = PLA;ABS;PETG\n; layer_height = 0.2\n; printer_model = Bambu Lab X1 Carbon\n; CONFIG_BLOCK_END\n\
         ; EXECUTABLE_BLOCK_START\nG28\nG1 X1 E1\n; CHANGE_LAYER\n; EXECUTABLE_BLOCK_END\n",
    );
    assert_eq!(bambu.slicer.as_deref(), Some("Bambu Studio"));
    assert_eq!(bambu.slicer_version.as_deref(), Some("01.06.02.04"));
    assert_eq!((bambu.print_time_s, bambu.layers), (Some(687), Some(30)));
    assert_eq!((bambu.filament_mm, bambu.filament_mm3, bambu.filament_g), (Some(5227.93), Some(12574.0), Some(15.8)));
    assert_eq!(bambu.material.as_deref(), Some("PLA, PETG"));
    assert_eq!(bambu.target_machine.as_deref(), Some("Bambu Lab X1 Carbon"));
    assert_eq!(bambu.warnings, Vec::<String>::new());

    let orca = facts(
        "; HEADER_BLOCK_START\n; generated by OrcaSlicer 2.1.1 on 2024-07-01 at 10:00:00\n; total layer number: 2\n\
         ; HEADER_BLOCK_END\n; EXECUTABLE_BLOCK_START\nG28\nG1 X1 E1\n;LAYER_CHANGE\n;LAYER_CHANGE\n; EXECUTABLE_BLOCK_END\n\
         ; filament used [mm] = 10.5\n; filament used [g] = 0.03\n; total filament used [g] = 0.03\n\
         ; estimated printing time (normal mode) = 1d 2h 3m 4s\n; CONFIG_BLOCK_START\n; filament_type = PETG\n; CONFIG_BLOCK_END\n",
    );
    assert_eq!((orca.slicer.as_deref(), orca.slicer_version.as_deref()), (Some("OrcaSlicer"), Some("2.1.1")));
    assert_eq!((orca.print_time_s, orca.filament_g), (Some(93_784), Some(0.03)));
    assert_eq!((orca.layers, orca.material.as_deref()), (Some(2), Some("PETG")));
    assert_eq!(orca.warnings, Vec::<String>::new());

    let superslicer = facts(
        "; generated by SuperSlicer 2.5.59 on 2024-01-01 at 10:00:00 UTC\nG1 X1\nT0\nT2\n\
         ; estimated printing time (normal mode) = 5s\n; SuperSlicer_config = begin\n; filament_type = PLA;PLA;PVA;ABS\n",
    );
    assert_eq!(superslicer.material.as_deref(), Some("PLA, PVA"));
    assert_eq!(superslicer.warnings, ["The file seems to be cut off: the slicer's last lines are missing."]);
}

#[test]
fn claims_that_cannot_be_true() {
    let fat = facts(
        ";TIME:-5\n;Filament used: nanm\n;MINX:0\n;MINY:0\n;MINZ:0\n;MAXX:1e30\n;MAXY:5\n;MAXZ:5\n;LAYER_COUNT:99999999999\nG1 X1\n",
    );
    assert_eq!((fat.print_time_s, fat.filament_mm, fat.size_mm, fat.layers), (None, None, None, None));
    let two = facts(";TIME:100\n;TIME:9999\nG1 X1\n");
    assert_eq!(two.print_time_s, Some(100));
    assert!(two.warnings[0].contains("more than one print time"));
    let cut = facts(";LAYER_COUNT:118\n;LAYER:0\nG1 X1\n;LAYER:1\n");
    assert_eq!(cut.warnings, ["The file seems to be cut off: the slicer announced 118 layers, the file has 2."]);
    let real = facts(";TIME:6666\n;Filament used: 12.5m\nG1 X1\n");
    assert_eq!((real.print_time_s, real.warnings.len()), (Some(6666), 0), "a real print can take 6666 s");
    let name = facts(";TARGET_MACHINE.NAME:\u{202e}evil\u{7}<b>\nG1 X1\n");
    assert_eq!(name.target_machine.as_deref(), Some("evil<b>"));
    assert!(facts("G28\n; text\rM502\n").warnings[1].contains("carriage return"));
    assert_eq!(facts("G28\r\nG1 X1\r\n").warnings, Vec::<String>::new());
    let mut packed = b"G1 X1\n".to_vec();
    packed.extend_from_slice(&[0xff, 0xff, 0xfb, b'\n']);
    assert!(inspect(&packed).unwrap().facts.warnings[0].contains("packed format"));
}

#[test]
fn disguised_commands_are_counted() {
    for line in ["m502", "M 502", "M0502", "N5 M502*19", "  G1X1Y2", "g28", "; text\rM502", "N10G28"] {
        assert_eq!(facts(line).commands, 1, "{line}");
    }
    for line in ["; M502", "FOO BAR=1", "Greetings", "M", "print_start", "(G1)"] {
        assert_eq!(inspect(line.as_bytes()), Err(NotPrintable::NoCommands), "{line}");
    }
}

#[test]
fn broken_thumbnails_are_left_out() {
    let prelude = "; thumbnail begin 16x16 8\n; iVBORw0K\n; thumbnail end\nG1 X1\n";
    let found = inspect(prelude.as_bytes()).unwrap();
    assert_eq!(found.thumbnail, None);
    assert_eq!(found.facts.warnings, ["The preview picture in the file is damaged or too large."]);
    // A picture without end hides nothing.
    let open = facts("; thumbnail begin 16x16 8\n; iVBORw0K\n;TIME:77\nG1 X1\n");
    assert_eq!((open.print_time_s, open.moves), (Some(77), 1));
    // Endless pictures are bounded and do not stop the reading.
    let mut many = String::new();
    for _ in 0..2000 {
        many.push_str(prelude);
    }
    assert_eq!(facts(&many).moves, 2000);
    // A damaged large one does not win over a good small one.
    let square = String::from_utf8(read("small_square.gcode")).unwrap();
    let both = format!("; thumbnail begin 900x900 8\n; iVBORw0K\n; thumbnail end\n{square}");
    assert_eq!(size(&inspect(both.as_bytes()).unwrap().thumbnail.unwrap()), (48, 48));
}

#[test]
fn thumbnails_have_limits() {
    let square = String::from_utf8(read("small_square.gcode")).unwrap();
    let damaged = "; thumbnail begin 900x900 8\n; iVBORw0K\n; thumbnail end\n";
    let after = |count: usize| inspect(format!("{}{square}", damaged.repeat(count)).as_bytes()).unwrap().thumbnail;
    assert!(after(15).is_some());
    assert!(after(16).is_none(), "no more than 16 pictures are decoded");

    // A valid picture of noise: 3.6 MB are taken, 4.4 MB are not.
    let noise = |side: u32| {
        let mut state = 1u32;
        let pixels = (0..side * side * 4).map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[0]
        });
        let picture = image::RgbaImage::from_raw(side, side, pixels.collect()).unwrap();
        let mut png = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, png.into_inner());
        let mut file = format!("; thumbnail begin {side}x{side} {}\n", text.len());
        for line in text.as_bytes().chunks(78) {
            file.push_str(&format!("; {}\n", std::str::from_utf8(line).unwrap()));
        }
        file.push_str("; thumbnail end\nG1 X1\n");
        inspect(file.as_bytes()).unwrap()
    };
    assert_eq!(size(&noise(950).thumbnail.unwrap()), (512, 512));
    let large = noise(1050);
    assert_eq!(large.thumbnail, None);
    assert_eq!(large.facts.warnings, ["The preview picture in the file is damaged or too large."]);
}

#[test]
fn what_is_not_gcode_is_named() {
    let not_text = |bytes: &[u8]| match inspect(bytes) {
        Err(NotPrintable::NotText(content)) => content,
        other => panic!("{other:?}"),
    };
    assert_eq!(inspect(b""), Err(NotPrintable::Empty));
    assert_eq!(not_text(b"PK\x03\x04rest"), Content::Zip);
    assert_eq!(not_text(b"GCDE\x01\x00\x00\x00"), Content::Bgcode);
    assert_eq!(not_text(b"\x1f\x8b\x08text"), Content::Gzip);
    assert_eq!(not_text(b"\xff\xfeG\x001\x00"), Content::Utf16);
    assert_eq!(not_text(b"G1 X1\nG1 X2\0"), Content::Binary);
    assert_eq!(not_text(b"solid cube\nfacet normal 0 0 1\n"), Content::Stl);
    assert_eq!(inspect(b"Dear reader\n"), Err(NotPrintable::NoCommands));
    let mut long = vec![b' '; 70_000];
    long.extend_from_slice(b"G1 X1");
    assert_eq!(inspect(&long), Err(NotPrintable::LineTooLong { line: 1 }));
    let bgcode = inspect(b"GCDE\x01").unwrap_err();
    assert!(bgcode.to_string().starts_with("This is a .bgcode file"), "{bgcode}");
    assert_eq!(bgcode.code(), "not_text");
    assert_eq!(facts("\u{feff}G28\n").commands, 1, "a byte order mark is skipped");
}
