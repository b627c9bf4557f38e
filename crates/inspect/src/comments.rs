//! Which comment says what, for Cura (Marlin, Griffin, UltiGCode), PrusaSlicer, SuperSlicer, Slic3r, OrcaSlicer and
//! Bambu Studio. Slicers put settings before or after the body, so every comment line is looked at; the first byte
//! decides quickly that most say nothing.

use crate::claims::Claims;
use crate::text::{assigned, count, duration, leading_number, number, seconds, sum, trim, word};

/// Reads one comment's text, without the semicolon and outer blanks.
pub(crate) fn read(claims: &mut Claims, body: &[u8]) {
    match body.first() {
        Some(b'B' | b'E' | b'F' | b'G' | b'L' | b'M' | b'N' | b'P' | b'T' | b'C') => capital(claims, body),
        Some(b'e' | b'f' | b'g' | b'l' | b'm' | b'p' | b't') => small(claims, body),
        _ => {}
    }
    if body.ends_with(b"onfig = begin") {
        claims.config_begun = true;
    } else if body.ends_with(b"onfig = end") {
        claims.config_ended = true;
    }
}

/// Cura's keys and Bambu's marks.
fn capital(claims: &mut Claims, body: &[u8]) {
    if body.starts_with(b"TYPE:") || body.starts_with(b"TIME_ELAPSED:") || body.starts_with(b"MESH:") {
        return;
    }
    if body.starts_with(b"LAYER_CHANGE") || body.starts_with(b"CHANGE_LAYER") {
        claims.layer_changes = claims.layer_changes.saturating_add(1);
    } else if body.starts_with(b"LAYER:") {
        claims.cura_layers = claims.cura_layers.saturating_add(1);
    } else if let Some(value) = body.strip_prefix(b"LAYER_COUNT:") {
        // Once for each group of a one-at-a-time print.
        if let Some(layers) = count(value) {
            claims.cura_layer_count = Some(claims.cura_layer_count.unwrap_or(0).saturating_add(layers));
        }
    } else if let Some(value) = body.strip_prefix(b"TIME:").or_else(|| body.strip_prefix(b"PRINT.TIME:")) {
        claims.time(seconds(value));
    } else if let Some(value) = body.strip_prefix(b"FLAVOR:") {
        claims.flavor = claims.flavor.take().or_else(|| word(value));
    } else if let Some(value) = body.strip_prefix(b"TARGET_MACHINE.NAME:") {
        claims.target_machine = claims.target_machine.take().or_else(|| word(value));
    } else if let Some(value) = body.strip_prefix(b"Generated with Cura_SteamEngine") {
        claims.slicer(b"Cura", value);
    } else if let Some(value) = body.strip_prefix(b"GENERATOR.NAME:") {
        claims.slicer(if value == b"Cura_SteamEngine" { b"Cura" } else { value }, b"");
    } else if let Some(value) = body.strip_prefix(b"GENERATOR.VERSION:") {
        claims.slicer_version = claims.slicer_version.take().or_else(|| word(value));
    } else if let Some(value) = body.strip_prefix(b"Filament used:") {
        if let Some(metres) = sum(value, b"m") {
            claims.filament_mm(metres * 1000.0);
        } else if let Some(volume) = sum(value, b"mm3") {
            claims.filament_mm3(volume);
        }
    } else if let Some(value) = assigned(body, b"Filament weight") {
        claims.filament_g(sum(value, b""));
    } else if let Some(value) = assigned(body, b"Filament type") {
        claims.materials(value);
    } else if let Some(value) = body.strip_prefix(b"Layer height:") {
        claims.layer_height(value);
    } else if let Some(value) = body.strip_prefix(b"MATERIAL:").or_else(|| body.strip_prefix(b"MATERIAL2:")) {
        claims.add_mm3(number(value));
    } else if let Some(rest) = body.strip_prefix(b"EXTRUDER_TRAIN.") {
        train(claims, rest);
    } else if let Some(rest) = body.strip_prefix(b"PRINT.SIZE.") {
        corner(claims, rest);
    } else if body.len() > 4 && (body.starts_with(b"MIN") || body.starts_with(b"MAX")) {
        corner(claims, body);
    } else if let Some(value) = body.strip_prefix(b"BambuStudio ") {
        claims.slicer(b"Bambu Studio", value);
    } else if body.starts_with(b"EXECUTABLE_BLOCK_START") {
        claims.block_begun = true;
    } else if body.starts_with(b"EXECUTABLE_BLOCK_END") {
        claims.block_ended = true;
    } else if body.starts_with(b"CONFIG_BLOCK_START") {
        claims.config_begun = true;
    } else if body.starts_with(b"CONFIG_BLOCK_END") {
        claims.config_ended = true;
    }
}

/// `0.MATERIAL.VOLUME_USED:3852`, `0.MATERIAL.GUID:…` of a Griffin header.
fn train(claims: &mut Claims, rest: &[u8]) {
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = &rest[digits..];
    if let Some(value) = rest.strip_prefix(b".MATERIAL.VOLUME_USED:") {
        claims.add_mm3(number(value));
    } else if let Some(name) = rest.strip_prefix(b".MATERIAL.GUID:").and_then(|guid| material_of_guid(trim(guid))) {
        claims.add_material(name.to_owned());
    }
}

/// `MINX:92.942`, `MIN.X:0`.
fn corner(claims: &mut Claims, rest: &[u8]) {
    let side = match rest.get(..3) {
        Some(b"MIN") => 0,
        Some(b"MAX") => 1,
        _ => return,
    };
    let rest = &rest[3..];
    let rest = rest.strip_prefix(b".").unwrap_or(rest);
    let (axis, value) = match rest {
        [b'X', b':', value @ ..] => (0, value),
        [b'Y', b':', value @ ..] => (1, value),
        [b'Z', b':', value @ ..] => (2, value),
        _ => return,
    };
    if claims.corners[side][axis].is_none() {
        claims.corners[side][axis] = number(value);
    }
}

/// The keys of PrusaSlicer and its relatives.
fn small(claims: &mut Claims, body: &[u8]) {
    if let Some(rest) = body.strip_prefix(b"generated by ") {
        generated_by(claims, rest);
    } else if let Some(rest) = body.strip_prefix(b"estimated printing time") {
        // "(silent mode)" is another claim about the same print.
        if let Some(value) = assigned(rest, b" (normal mode)").or_else(|| assigned(rest, b"")) {
            claims.time(duration(value));
        }
    } else if let Some(rest) = body.strip_prefix(b"model printing time:") {
        bambu_time(claims, rest);
    } else if let Some(rest) = body.strip_prefix(b"filament") {
        filament(claims, rest);
    } else if let Some(rest) = body.strip_prefix(b"total ") {
        total(claims, rest);
    } else if let Some(value) = assigned(body, b"layer_height") {
        claims.layer_height(value);
    } else if let Some(value) = assigned(body, b"printer_model") {
        claims.target_machine = claims.target_machine.take().or_else(|| word(value));
    } else if let Some(value) = assigned(body, b"gcode_flavor") {
        claims.flavor = claims.flavor.take().or_else(|| word(value));
    }
}

/// `PrusaSlicer 2.5.0 on 2026-11-23 at 08:49:37 UTC`.
fn generated_by(claims: &mut Claims, rest: &[u8]) {
    let end = rest.windows(4).position(|part| part == b" on ").unwrap_or(rest.len());
    let program = trim(&rest[..end]);
    match program.iter().rposition(|b| *b == b' ') {
        Some(blank) => claims.slicer(&program[..blank], &program[blank..]),
        None => claims.slicer(program, b""),
    }
}

/// ` 5m 39s; total estimated time: 11m 27s`.
fn bambu_time(claims: &mut Claims, rest: &[u8]) {
    let mut parts = rest.splitn(2, |b| *b == b';');
    let model = parts.next().and_then(duration);
    let total = parts.next().and_then(|part| trim(part).strip_prefix(b"total estimated time:")).and_then(duration);
    claims.time(total.or(model));
}

/// What follows `filament`.
fn filament(claims: &mut Claims, rest: &[u8]) {
    if let Some(value) = assigned(rest, b"_type") {
        claims.materials(value);
    } else if let Some(value) = assigned(rest, b" used [mm]") {
        if let Some(length) = sum(value, b"") {
            claims.filament_mm(length);
        }
    } else if let Some(value) = assigned(rest, b" used [cm3]") {
        if let Some(volume) = sum(value, b"") {
            claims.filament_mm3(volume * 1000.0);
        }
    } else if let Some(value) = assigned(rest, b" used [g]") {
        claims.filament_g(sum(value, b""));
    } else if let Some(value) = assigned(rest, b" used") {
        // Slic3r, one line for each extruder: "3387.3mm (8.1cm3)", "10.1g".
        match leading_number(value) {
            Some((length, more)) if length >= 0.0 && more.starts_with(b"mm") => {
                claims.add_mm(length);
                let volume = more.strip_prefix(b"mm (").and_then(leading_number);
                if let Some((volume, b"cm3)")) = volume {
                    claims.add_mm3(Some(volume * 1000.0));
                }
            }
            Some((weight, b"g")) if weight >= 0.0 => claims.add_g(weight),
            _ => {}
        }
    } else if let Some(value) = assigned(rest, b"") {
        // Bambu: the slots in use, counted from 1.
        for slot in value.split(|b| *b == b',').take(64) {
            if let Some(slot @ 1..=64) = count(slot) {
                claims.slots |= 1 << (slot - 1);
            }
        }
    }
}

/// What follows `total `.
fn total(claims: &mut Claims, rest: &[u8]) {
    if let Some(value) = assigned(rest, b"filament used [g]") {
        claims.total_g = claims.total_g.or_else(|| number(value)).filter(|weight| *weight >= 0.0);
    } else if let Some(value) = assigned(rest, b"layer number").or_else(|| assigned(rest, b"layers count")) {
        claims.total_layers = claims.total_layers.or_else(|| count(value));
    } else if let Some(value) = assigned(rest, b"filament length [mm]") {
        if let Some(length) = sum(value, b"") {
            claims.filament_mm(length);
        }
    } else if let Some(value) = assigned(rest, b"filament volume [cm^3]") {
        // The name says cm3, the value is mm3.
        if let Some(volume) = sum(value, b"") {
            claims.filament_mm3(volume);
        }
    } else if let Some(value) = assigned(rest, b"filament weight [g]") {
        claims.filament_g(sum(value, b""));
    }
}

/// The generic materials of UltiMaker machines (published as public domain data by UltiMaker, `fdm_materials`).
fn material_of_guid(guid: &[u8]) -> Option<&'static str> {
    Some(match guid {
        b"506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9" => "PLA",
        b"9d5d2d7c-4e77-441c-85a0-e9eefd4aa68c" => "Tough PLA",
        b"1cbfaeb3-1906-4b26-b2e7-6f777a8c197a" => "PETG",
        b"60636bb4-518f-42e7-8237-fe77b194ebe0" => "ABS",
        b"12f41353-1a33-415e-8b4f-a775a6c70cc6" => "CPE",
        b"28fb4162-db74-49e1-9008-d05f1e8bef5c" => "Nylon",
        b"98c05714-bf4e-4455-ba27-57d74fe331e4" => "PC",
        b"aa22e9c7-421f-4745-afc2-81851694394a" => "PP",
        b"86a89ceb-4159-47f6-ab97-e9953803d70f" => "PVA",
        b"1d52b2be-a3a2-41de-a8b1-3bcdb5618695" => "TPU 95A",
        _ => return None,
    })
}
