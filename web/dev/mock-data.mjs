// Invented data for trying the browser app without a server. Nothing here is a real person, printer or file.
import { randomUUID } from 'node:crypto'

const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString()
export const PASSWORD = 'demo demo demo'

const person = (name, email, role) => ({ id: randomUUID(), name, email, role, joined_at: ago(60 * 24 * 30) })
export const people = {
  mara: person('Mara Okafor', 'mara@lab.example', 'admin'),
  priya: person('Priya Nair', 'priya@lab.example', 'member'),
  samir: person('Samir Khoury', 'samir@lab.example', 'member'),
  lena: person('Lena Brandt', 'lena@lab.example', 'guest'),
  jonas: person('Jonas Weil', 'jonas@lab.example', 'guest'),
  amira: person('Amira Haddad', 'amira@lab.example', 'guest'),
  tomasz: person('Tomasz Lis', 'tomasz@lab.example', 'guest'),
  nobody: { id: randomUUID(), name: 'Dana Wu', email: 'dana@lab.example', role: null },
}

const printer = (name, status, extra = {}) => ({
  id: randomUUID(), name, family: 'octoprint', address: `http://${name.toLowerCase().replace(' ', '-')}.lab`, status,
  status_text: { ready: 'Ready for the next job', printing: 'Printing', paused: 'Paused by Mara', plate_not_clear: 'Finished, the print is still on the plate', attention: 'Heater 0 is not heating', offline: 'Does not answer', disabled: 'Turned off' }[status],
  enabled: status !== 'disabled', class: 'B', plate: { clear: status !== 'plate_not_clear', run: status === 'plate_not_clear' ? randomUUID() : null, foreign: false },
  live: status === 'offline' ? { state: 'offline', percent: null, time_left_s: null, file: null, nozzle_c: null, bed_c: null, seen_at: ago(200) }
    : { state: status, percent: null, time_left_s: null, file: null, nozzle_c: 24, bed_c: 23, seen_at: ago(0) },
  added_by: { id: people.mara.id, name: people.mara.name }, shared_with_organization: true,
  last_error: status === 'attention' ? 'Heater 0 is not heating. The print was paused safely.' : null, ...extra,
})
export const printers = [
  printer('Bench 3', 'printing'), printer('Bench 1', 'ready'), printer('Bench 2', 'printing'), printer('Bench 4', 'plate_not_clear'),
  printer('Voron 2', 'attention'), printer('S5 Right', 'paused'), printer('Core One', 'ready', { shared_with_organization: false }),
  printer('Bambu', 'offline'),
]
const by = (name) => printers.find((p) => p.name === name)

let numbers = 1038
export const nextNumber = () => (numbers += 1)
const facts = (t, g, mm, material, lh, size, warnings = []) => ({
  slicer: 'PrusaSlicer 2.9.1', print_time_s: t * 60, filament_mm: mm * 1000, filament_g: g, material, layers: Math.round(size[2] / lh), layer_height_mm: lh, size_mm: size, warnings,
})
export function makeJob(who, name, part, printerName, status, f, extra = {}) {
  const p = typeof printerName === 'string' ? by(printerName) : printerName
  return {
    id: randomUUID(), number: nextNumber(), name, part, status, state_version: 1, version: 1, send_sha: [...Array(8)].map(() => randomUUID().slice(0, 8)).join(''), size_bytes: 8_400_000,
    submitterId: who.id, printerId: p.id, submitted_at: ago(5), waiting_since: null, started_at: null, ended_at: null, facts: f, locked: false, undo_until: null, reason: null,
    progress: null, plate: null, run: null, decision: null, message: null, attention: null, reprint_of: null, note: null, timeline: [], ...extra,
  }
}
const waits = (minutes, extra = {}) => ({ submitted_at: ago(minutes), waiting_since: ago(minutes), ...extra })
const approvedBy = (who, minutes) => ({ decision: { kind: 'approved', by: { id: who.id, name: who.name }, at: ago(minutes), message: null }, submitted_at: ago(minutes + 12) })
const { mara, priya, lena, jonas, amira, tomasz, samir } = people
export const jobs = [
  makeJob(lena, 'Conveyor gear 18T', 'gear', 'Bench 3', 'needs_approval', facts(222, 68, 23.1, 'PLA Signal White', 0.2, [92, 92, 26], ['The printer has PLA Galaxy Black loaded, the file wants Signal White']), waits(112, { version: 2, note: 'Gear for the conveyor demo on Thursday. Needs the fillet at the tooth root, so please do not scale it.' })),
  makeJob(jonas, 'Pump housing, lower', 'box', 'Core One', 'needs_approval', facts(665, 214, 27.3, 'ASA Orange', 0.15, [184, 124, 41.2]), waits(80, { note: 'Second half of the housing.' })),
  makeJob(amira, 'Cable clips, 24 pcs', 'clip', 'Bench 1', 'needs_approval', facts(130, 31, 10.4, 'PETG Blue', 0.25, [180, 150, 12]), waits(58)),
  makeJob(tomasz, 'Impeller test, 7 blades', 'fan', 'Bench 2', 'needs_approval', facts(330, 96, 32, 'PLA Grey', 0.12, [94, 94, 24], ['Prints 5 h 30 min, longer than most jobs here']), waits(41)),
  makeJob(amira, 'Hex planter, spiral', 'planter', 'Bench 2', 'needs_approval', facts(115, 42, 14, 'PLA Leaf Green', 0.28, [86, 75, 66]), waits(26)),
  makeJob(jonas, 'Sensor lid (project not shared)', 'stand', 'Bench 4', 'needs_approval', null, waits(18, { locked: true })),
  makeJob(tomasz, 'Phone stand for kiosk', 'stand', 'Bench 4', 'needs_approval', facts(260, 88, 29.5, 'PLA Black', 0.2, [72, 68, 70]), waits(12)),
  makeJob(lena, 'Motor bracket M5', 'bracket', 'Bench 1', 'needs_approval', facts(168, 51, 17.1, 'PETG Yellow', 0.2, [84, 60, 58]), waits(3)),
  makeJob(lena, 'Lamp vase', 'vase', 'Bench 1', 'sent_back', facts(200, 60, 20, 'PLA Grey', 0.2, [80, 80, 88]), waits(300, { message: 'The wall is 0.4 mm, that leaks. Please use 0.8 mm and send it again.', decision: { kind: 'sent_back', by: { id: mara.id, name: mara.name }, at: ago(240), message: null } })),
  makeJob(priya, 'Hinge, 4 pcs', 'clip', 'Bench 3', 'queued', facts(150, 44, 14.6, 'PLA Blue', 0.2, [60, 40, 12]), { ...approvedBy(mara, 30), decision: null, reason: { code: 'printer_busy', text: 'Bench 3 is printing, about 42 min left' } }),
  makeJob(lena, 'Wheel hub', 'gear', 'Bench 3', 'queued', facts(95, 22, 7.4, 'PLA White', 0.2, [40, 40, 20]), { ...approvedBy(mara, 20), reason: { code: 'printer_busy', text: 'Bench 3 is printing, about 42 min left' } }),
  makeJob(jonas, 'Chess rook', 'rook', 'Bambu', 'queued', facts(70, 18, 6, 'PLA Orange', 0.2, [30, 30, 60]), { ...approvedBy(priya, 90), reason: { code: 'printer_offline', text: 'Bambu does not answer' } }),
  makeJob(samir, 'Sprocket 22T', 'gear', 'Bench 3', 'printing', facts(196, 61, 20.4, 'PLA Galaxy Black', 0.2, [92, 92, 26]), { ...approvedBy(mara, 154), started_at: ago(150), progress: { percent: 78, time_left_s: 42 * 60 } }),
  makeJob(tomasz, 'Flow nozzle', 'vase', 'Bench 2', 'printing', facts(280, 70, 23, 'PLA Grey', 0.2, [70, 70, 88]), { ...approvedBy(priya, 100), started_at: ago(94), progress: { percent: 34, time_left_s: 186 * 60 } }),
  makeJob(jonas, 'Tray insert', 'box', 'S5 Right', 'paused', facts(180, 55, 18, 'PLA White', 0.2, [120, 80, 30]), { ...approvedBy(mara, 90), started_at: ago(85), progress: { percent: 47, time_left_s: 95 * 60 } }),
  makeJob(amira, 'Duct mould', 'rook', 'Voron 2', 'needs_attention', facts(240, 80, 26, 'ABS Red', 0.2, [90, 90, 80]), { ...approvedBy(mara, 200), started_at: ago(190), progress: { percent: 61, time_left_s: null }, attention: 'Did "Duct mould" print on Voron 2?' }),
  makeJob(tomasz, 'Kiosk stand, trial', 'stand', 'Bench 4', 'finished', facts(120, 40, 13, 'PLA Black', 0.2, [72, 68, 70]), { ...approvedBy(priya, 180), started_at: ago(170), ended_at: ago(24), plate: 'not_cleared' }),
  makeJob(lena, 'Camera mount', 'bracket', 'Bench 1', 'finished', facts(60, 20, 7, 'PETG', 0.2, [50, 40, 30]), { ...approvedBy(mara, 1500), started_at: ago(1490), ended_at: ago(1420), plate: 'cleared' }),
  makeJob(jonas, 'Big bust', 'rook', 'Bench 2', 'rejected', facts(2900, 900, 300, 'PLA', 0.1, [200, 200, 240]), { submitted_at: ago(2000), ended_at: ago(1900), message: 'Too long for opening hours.', decision: { kind: 'rejected', by: { id: mara.id, name: mara.name }, at: ago(1900), message: 'Too long for opening hours.' } }),
]
// The printers show what their jobs say.
for (const p of printers) {
  const j = jobs.find((x) => x.printerId === p.id && ['printing', 'paused', 'needs_attention'].includes(x.status))
  if (j) Object.assign(p.live, { percent: j.progress?.percent ?? null, time_left_s: j.progress?.time_left_s ?? null, file: j.name, nozzle_c: 215, bed_c: 60 })
}
jobs.find((j) => j.plate === 'not_cleared').run = by('Bench 4').plate.run

export const settings = { version: 3, approval_on: true, undo_window_s: 10, forbid_self_approval: true, reject_reason_required: false }
export const permissionRows = [
  ['Print jobs', 'Send a print job', 'yes, needs approval', 'yes', 'yes'], ['Print jobs', 'Approve, send back or reject', 'no', 'yes', 'yes'], ['Print jobs', 'Reprint', 'yes, own jobs', 'yes', 'yes'],
  ['Print jobs', 'Move to another printer', 'no', 'yes', 'yes'], ['Print jobs', 'Delete or abort', 'yes, own jobs', 'yes', 'yes'], ['Print jobs', 'Reorder a queue', 'no', 'yes', 'yes'], ['Print jobs', 'Turn approval on or off', 'no', 'no', 'yes'],
  ['Printers', 'See shared printers', 'yes', 'yes', 'yes'], ['Printers', 'Add a printer', 'no', 'yes', 'yes'], ['Printers', 'Say that the plate is clear', 'no', 'yes', 'yes'],
  ['Organization and teams', 'Invite people', 'no', 'no', 'yes'], ['Organization and teams', 'Change roles', 'no', 'no', 'yes'],
].map(([area, title, guest, member, admin]) => ({ area, key: title, title, guest, member, admin, plan: title.includes('approval on') ? 'Professional' : null, source: 'mock' }))
