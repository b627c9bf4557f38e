// A stand-in for the server: the API contract with data in memory, live events, and the built app with the same
// Content-Security-Policy that production sends. For trying pages only; it checks almost nothing.
import { randomUUID } from 'node:crypto'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { jobs, makeJob, PASSWORD, people, permissionRows, printers, settings } from './mock-data.mjs'
import { jobView, personById, printerView, queueOf, ref, sessionView, tabs, timelineView } from './mock-views.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const CSP = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
const sessions = new Map()
const uploads = new Map()
const invitations = new Map()
let joinLink = null
const hanging = { held: 2, queued: 1, printing: 1, printers: 0, shared_projects: 1, private_projects: 1 }
const streams = new Set()
const notices = []
let seq = 100
let confirmedUntil = 0

class Fail extends Error {
  constructor(status, code, detail, extra = {}) {
    super(detail)
    Object.assign(this, { status, code, extra })
  }
}
function emit(data, event = 'change') {
  for (const res of streams) res.write(event === 'change' ? `id: ${(seq += 1)}\nevent: change\ndata: ${JSON.stringify({ seq, kind: 'x', ...data })}\n\n` : `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}
const find = (list, id) => list.find((x) => x.id === id) ?? (() => { throw new Fail(404, 'not_found', 'This does not exist, or you may not see it.') })()
const visible = (me) => jobs.filter((j) => me.role !== 'guest' || j.submitterId === me.id)
const facts = { slicer: 'PrusaSlicer 2.9.1', print_time_s: 4980, filament_mm: 9100, filament_g: 27.2, material: 'PLA', layers: 120, layer_height_mm: 0.2, size_mm: [60, 40, 24], warnings: [] }
const nowIso = () => new Date().toISOString()
function decide(j, kind, me, status, message = null) {
  if (j.status !== 'needs_approval') throw new Fail(409, 'already_decided', 'Somebody else was faster.', { decision: j.decision?.kind ?? 'approved', decided_by: j.decision?.by, decided_at: j.decision?.at })
  Object.assign(j, { status, message, decision: { kind, by: ref(me), at: nowIso(), message }, state_version: j.state_version + 1 })
  notices.unshift({ seq: (seq += 1), at: nowIso(), forId: j.submitterId, job: { id: j.id, number: j.number, name: j.name }, kind, sentence: `${me.name} ${{ approved: 'approved', rejected: 'rejected', sent_back: 'sent back' }[kind]} your print.`, message, read: false })
}
const actions = {
  approve(j, me) { decide(j, 'approved', me, 'queued'); j.undo_until = new Date(Date.now() + settings.undo_window_s * 1000).toISOString() },
  reject(j, me, b) { decide(j, 'rejected', me, 'rejected', b.reason ?? null); j.ended_at = nowIso() },
  'send-back'(j, me, b) { if (!b.message) throw new Fail(422, 'invalid', 'A message is required.', { field: 'message' }); decide(j, 'sent_back', me, 'sent_back', b.message) },
  'undo-send-back'(j) { Object.assign(j, { status: 'needs_approval', decision: null, message: null }) },
  'take-back'(j) { if (j.status !== 'queued') throw new Fail(409, 'changed', 'The print has started, it can be aborted.'); Object.assign(j, { status: 'needs_approval', decision: null, undo_until: null }) },
  withdraw(j) { Object.assign(j, { status: 'withdrawn', ended_at: nowIso() }) },
  abort(j) { Object.assign(j, { status: 'aborted', ended_at: nowIso(), plate: 'not_cleared' }) },
  pause(j) { j.status = 'paused' }, resume(j) { j.status = 'printing' },
  reroute(j, _me, b) { j.printerId = find(printers, b.printer).id },
  move(j, _me, b) { const q = queueOf(j.printerId); const other = q[q.indexOf(j) + (b.direction === 'up' ? -1 : 1)]; if (other) { const [a, c] = [jobs.indexOf(j), jobs.indexOf(other)]; jobs[a] = other; jobs[c] = j } },
  resolve(j, _me, b) { Object.assign(j, { attention: null, status: { did_not_print: 'queued', printed: 'finished', failed: 'failed' }[b.outcome], plate: b.plate_is_clear ? 'cleared' : 'not_cleared', ended_at: nowIso() }) },
  resubmit(j) { Object.assign(j, { status: 'needs_approval', version: j.version + 1, waiting_since: nowIso(), message: null, decision: null }) },
  reprint(j, me, b) { const n = makeJob(me, j.name, j.part, find(printers, b.printer ?? j.printerId), me.role === 'guest' && settings.approval_on ? 'needs_approval' : 'queued', j.facts, { submitted_at: nowIso(), waiting_since: nowIso(), reprint_of: { id: j.id, number: j.number } }); jobs.push(n); return n },
}

async function api(method, path, query, body, me, raw, cookie) {
  const [a, id, sub] = path.split('/').slice(1)
  const key = `${method} /${a}`
  switch (key) {
    case 'GET /setup': return { needed: process.env.MOCK_SETUP === '1', demo: { sign_ins: ['mara', 'priya', 'lena'].map((k) => ({ role: people[k].role, email: people[k].email, password: PASSWORD })) } }
    case 'POST /setup': cookie(people.mara); return sessionView(people.mara)
    case 'POST /accounts': { const p = { id: randomUUID(), name: body.name, email: body.email, role: null, joined_at: nowIso() }; people[p.id] = p; cookie(p); return sessionView(p) }
    case 'POST /sessions': { const p = Object.values(people).find((x) => x.email === body.email); if (!p || body.password !== PASSWORD) throw new Fail(401, 'not_signed_in', 'Email or password is not right.'); cookie(p); return sessionView(p) }
    case 'GET /invitations': if (id) { const i = invitations.get(id); if (!i) throw new Fail(404, 'not_found', ''); return { organization: 'Hexa Makerlab', role: i.role, email: i.email, invited_by: 'Mara Okafor', expires_at: i.expires_at, valid: true, why: null } }
  }
  if (!me) throw new Fail(401, 'not_signed_in', 'You are signed out. Sign in again.')
  switch (key) {
    case 'GET /session': return id === 'leave' ? hanging : sessionView(me)
    case 'DELETE /session': cookie(null); return undefined
    case 'POST /session': if (body.password !== PASSWORD) throw new Fail(403, 'denied', 'The password is not right.'); confirmedUntil = Date.now() + 300_000; return undefined
    case 'GET /sessions': return { items: [{ id: '1', current: true, user_agent: 'Firefox on Linux', created_at: nowIso(), last_seen_at: nowIso() }, { id: '2', current: false, user_agent: 'Safari on iPhone', created_at: nowIso(), last_seen_at: nowIso() }] }
    case 'POST /account': return undefined
    case 'GET /people': { const all = Object.values(people).filter((p) => p.role && p.name.toLowerCase().includes((query.get('q') ?? '').toLowerCase())); if (sub) return hanging
      return { items: all.map((p) => ({ ...p, you: p.id === me.id, actions: me.role === 'admin' ? { change_role: p.id === me.id ? { allowed: false, failed: 'state', why: 'Another Admin has to change your role.', who_can: [] } : { allowed: true }, ...(p.id === me.id ? {} : { remove: { allowed: true } }) } : {} })), next: null } }
    case 'PATCH /people': { const p = personById(id); if (p.name.startsWith('Samir') && body.role === 'guest') throw new Fail(422, 'invalid', 'Samir owns a printer. Give it to someone else first.'); p.role = body.role; emit({ people: true }); return { held_again: 0 } }
    case 'DELETE /people': { const k = Object.keys(people).find((x) => people[x].id === id); people[k].role = null; emit({ people: true }); return { held_again: 1 } }
    case 'POST /invitations': { if (id === 'bulk') { const rows = String(raw ?? '').split('\n').filter(Boolean).map((text, i) => ({ line: i + 1, name: null, email: text.trim(), role: query.get('role'), outcome: text.includes('@') ? (query.get('preview') === 'true' ? 'would_be_invited' : 'invited') : 'invalid', why: text.includes('@') ? null : 'There is no e-mail address in this line.', invited: null })); return { rows, invited: rows.filter((r) => r.outcome !== 'invalid').length } }
      if (sub === 'resend') return { id, link: `/invite/${id}`, expires_at: invitations.get(id).expires_at, mailed: false }
      if (sub === 'accept') { me.role = invitations.get(id).role; invitations.delete(id); return sessionView(me) } const token = randomUUID().replaceAll('-', ''); invitations.set(token, { id: token, role: body.role, email: body.email ?? null, name: body.name ?? null, created_at: nowIso(), expires_at: new Date(Date.now() + 7 * 864e5).toISOString(), invited_by: me.name, expired: false, mail: null }); return { id: token, link: `/invite/${token}`, expires_at: invitations.get(token).expires_at, mailed: false } }
    case 'GET /invitations': return { items: [...invitations.values()], next: null }
    case 'DELETE /invitations': invitations.delete(id); return undefined
    case 'GET /join-link': return { available: { allowed: true }, link: joinLink }
    case 'PUT /join-link': joinLink = { link: `http://127.0.0.1/invite/${randomUUID()}`, qr: { size: 29, path: 'M4 4h7v7h-7zM18 4h7v7h-7zM4 18h7v7h-7zM14 14h1v1h-1z' }, created_at: nowIso(), made_by: me.name, expires_at: new Date(Date.now() + body.days * 864e5).toISOString(), uses: 0, most: body.most, valid: true }; return { available: { allowed: true }, link: joinLink }
    case 'DELETE /join-link': joinLink = null; return undefined
    case 'GET /plans': return { plans: ['Essentials', 'Professional', 'Excellence', 'Education'].map((name, i) => ({ key: name.toLowerCase(), name, current: i === 1, guests: i > 0, approval: i > 0, fleet_report: i > 0 })), changed_by: 'the operator of this server' }
    case 'GET /permissions': return { rows: permissionRows }
    case 'GET /settings': if (id === 'effect') return query.get('approval_on') === 'true' ? { guests: 4, held: 0, queued: 3, sentence: 'From the moment you save, 4 Guests need approval. Jobs already in a queue are not touched. 3 people can approve.' } : { guests: 4, held: 8, queued: 3, sentence: 'From the moment you save, Guests print without asking. 8 jobs that need approval stay until someone decides.' }
      return { ...settings, approval_available: true, plan_name: 'Professional', actions: { change: me.role === 'admin' ? { allowed: true } : { allowed: false, failed: 'role', why: 'Only an Admin can change this.', who_can: ['Admin'] } } }
    case 'PUT /settings': if (Date.now() > confirmedUntil) throw new Fail(403, 'password_needed', 'Enter your password once more.'); if (body.version !== settings.version) throw new Fail(409, 'changed', 'Another Admin changed the settings while you looked at them. Look at them again.'); Object.assign(settings, body, { version: settings.version + 1 }); emit({ settings: true }); return { ...settings, approval_available: true, plan_name: 'Professional', actions: { change: { allowed: true } } }
    case 'GET /printers': if (!id) return { items: printers.map((p) => printerView(p, me)), next: null }
      if (sub === 'queue') { const q = queueOf(id); return me.role === 'guest' ? { items: q.filter((j) => j.submitterId === me.id).map((j) => jobView(j, me)), ahead: q.findIndex((j) => j.submitterId === me.id), next: null } : { items: q.map((j) => jobView(j, me)), next: null } }
      return printerView(find(printers, id), me)
    case 'POST /printers': {
      if (id === 'test') return body.address.includes('octopi') ? { ok: true, reachable: true, identity: 'OctoPrint 1.11.2', state: 'Operational', problem: null, advice: null } : { ok: false, reachable: false, identity: null, state: null, problem: 'Nothing answers at this address.', advice: 'Check that the printer is on and that the server can reach it.' }
      if (!id) { const p = { ...structuredClone(printers[1]), id: randomUUID(), name: body.name, address: body.address, shared_with_organization: body.share_with_organization }; printers.push(p); emit({ printer: p.id }); return printerView(p, me) }
      const p = find(printers, id)
      if (sub === 'plate-clear') { Object.assign(p, { status: 'ready', status_text: 'Ready for the next job', plate: { clear: true, run: null, foreign: false } }); for (const j of jobs) if (j.printerId === id && j.plate === 'not_cleared') j.plate = 'cleared' }
      if (sub === 'restore') p.status = 'ready'
      emit({ printer: id }); return printerView(p, me) }
    case 'PATCH /printers': { const p = find(printers, id); Object.assign(p, body); if (body.enabled !== undefined) p.status = body.enabled ? 'ready' : 'disabled'; emit({ printer: id }); return printerView(p, me) }
    case 'PUT /printers': { const p = find(printers, id); p.shared_with_organization = body.organization; return printerView(p, me) }
    case 'DELETE /printers': find(printers, id).status = 'removed'; emit({ printer: id }); return undefined
    case 'POST /uploads': { const u = { id: randomUUID(), name: body.name, size: body.size, received: 0, chunk_bytes: 1_000_000 }; uploads.set(u.id, u); return u }
    case 'GET /uploads': { const u = uploads.get(id); return { ...u, complete: u.received === u.size, facts: u.received === u.size ? facts : null, warnings: [] } }
    case 'PUT /uploads': { const u = uploads.get(id); if (Number(query.get('offset')) !== u.received) throw new Fail(409, 'offset', 'Another offset is expected.', { received: u.received }); await new Promise((r) => setTimeout(r, Number(process.env.MOCK_SLOW ?? 120))); u.received += raw.length; return u.received === u.size ? { received: u.received, complete: true, name: u.name, facts, sha256: 'x' } : { received: u.received, complete: false } }
    case 'DELETE /uploads': uploads.delete(id); return undefined
    case 'GET /notices': { const mine = notices.filter((n) => n.forId === me.id); return { items: mine, next: null, unread: mine.filter((n) => !n.read).length } }
    case 'POST /notices': for (const n of notices) if (n.forId === me.id && n.seq <= body.seq) n.read = true; return undefined
    case 'GET /print-jobs': {
      if (!id) { const q = (query.get('q') ?? '').toLowerCase(); const p = query.get('printer'); let list = visible(me).filter(tabs[query.get('tab')] ?? (() => true)).filter((j) => (!q || j.name.toLowerCase().includes(q) || personById(j.submitterId).name.toLowerCase().includes(q)) && (!p || j.printerId === p)); if (query.get('tab') === 'history') list = [...list].reverse(); if (query.get('tab') === 'needs_approval') list = [...list].sort((x, y) => (x.status === y.status ? x.waiting_since.localeCompare(y.waiting_since) : x.status === 'sent_back' ? 1 : -1)); return { items: list.map((j) => jobView(j, me)), next: null } }
      if (id === 'counts') return Object.fromEntries(Object.entries(tabs).map(([k, f]) => [k, visible(me).filter(k === 'needs_approval' ? (j) => j.status === k : f).length]))
      const j = find(visible(me), id)
      if (sub === 'timeline') return { items: timelineView(j) }
      if (sub === 'approvers') return { people: [people.mara, people.priya, people.samir].map(ref), sentence: 'Mara Okafor, Priya Nair and Samir Khoury can approve this job.', nobody: false }
      if (sub === 'record') { if (j.decision?.kind !== 'approved') throw new Fail(404, 'not_found', ''); return { approved_by: j.decision.by, approved_at: j.decision.at, sha256: j.send_sha, printer: printers.find((p) => p.id === j.printerId).name, size_bytes: j.size_bytes, material_g: j.facts?.filament_g ?? null } }
      return jobView(j, me, true) }
    case 'POST /print-jobs': {
      if (!id) { const u = uploads.get(body.upload); const j = makeJob(me, body.name ?? u.name, 'gear', find(printers, body.printer), me.role === 'guest' && settings.approval_on ? 'needs_approval' : 'queued', facts, { submitted_at: nowIso(), waiting_since: nowIso(), note: body.note ?? null, size_bytes: u.size }); jobs.push(j); emit({ job: j.id }); return jobView(j, me, true) }
      if (id === 'approve') return { results: body.items.map(({ id: x }) => { const j = find(jobs, x); try { if (j.name.startsWith('Hex')) throw new Fail(409, 'already_decided', 'Priya Nair rejected it at 15:02.'); actions.approve(j, me); emit({ job: x }); return { id: x, number: j.number, ok: true } } catch (e) { return { id: x, number: j.number, ok: false, problem: { code: e.code, detail: e.message } } } }) }
      const j = find(visible(me), id)
      const made = actions[sub](j, me, body ?? {}) ?? j
      emit({ job: j.id }); return jobView(made, me, true) }
  }
  throw new Fail(404, 'not_found', `No ${key}`)
}

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.png': 'image/png' }
function serveApp(path, res) {
  const dist = join(here, '..', 'dist')
  let file = join(dist, normalize(path))
  if (!file.startsWith(dist) || !existsSync(file) || !extname(file)) file = join(dist, 'index.html')
  if (!existsSync(file)) return void res.writeHead(404).end('Run npm run build first.')
  res.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream', 'content-security-policy': CSP, 'x-content-type-options': 'nosniff' })
  createReadStream(file).pipe(res)
}

const server = createServer(async (req, res) => {
  const url = new URL(req.url, 'http://localhost')
  if (!url.pathname.startsWith('/api/v1')) return serveApp(url.pathname, res)
  const path = url.pathname.slice('/api/v1'.length)
  const sid = /sid=([\w-]+)/.exec(req.headers.cookie ?? '')?.[1]
  const me = sessions.get(sid) ?? null
  if (path === '/events') {
    if (!me) return void res.writeHead(401).end()
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    res.write('event: hello\ndata: {}\n\n')
    streams.add(res)
    return void req.on('close', () => streams.delete(res))
  }
  const thumb = /^\/print-jobs\/([\w-]+)\/(thumbnail|file)$/.exec(path)
  if (thumb) {
    const j = jobs.find((x) => x.id === thumb[1])
    if (!j || !me) return void res.writeHead(404).end()
    if (thumb[2] === 'file') return void res.writeHead(200, { 'content-disposition': 'attachment; filename="mock.gcode"' }).end('; mock\n')
    return void res.writeHead(200, { 'content-type': 'image/png' }).end(readFileSync(join(here, 'thumbs', `${j.part}.png`)))
  }
  const chunks = []
  for await (const c of req) chunks.push(c)
  const raw = Buffer.concat(chunks)
  const headers = { 'content-type': 'application/json' }
  try {
    if (req.method !== 'GET' && req.headers['x-imprimatur'] !== '1') throw new Fail(403, 'denied', 'The header is missing.')
    const body = raw.length && req.headers['content-type'] === 'application/json' ? JSON.parse(raw) : {}
    const cookie = (p) => { const s = randomUUID(); if (p) sessions.set(s, p); else sessions.delete(sid); headers['set-cookie'] = `sid=${p ? s : ''}; Path=/; HttpOnly; SameSite=Lax` }
    const answer = await api(req.method, path, url.searchParams, body, me, raw, cookie)
    res.writeHead(answer === undefined ? 204 : 200, headers).end(answer === undefined ? undefined : JSON.stringify(answer))
  } catch (e) {
    if (!(e instanceof Fail)) console.error(e)
    const { status = 500, code = 'internal', extra = {} } = e
    res.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ type: 'about:blank', title: code, status, code, detail: e instanceof Fail ? e.message : '', ...extra }))
  }
})
// Prints move on, so that the page has something live to show.
setInterval(() => {
  for (const j of jobs) {
    if (j.status !== 'printing' || !j.progress?.time_left_s) continue
    j.progress.time_left_s = Math.max(60, j.progress.time_left_s - 5)
    j.progress.percent = Math.min(99.5, j.progress.percent + 0.03)
    const p = printers.find((x) => x.id === j.printerId)
    Object.assign(p.live, { percent: j.progress.percent, time_left_s: j.progress.time_left_s, seen_at: nowIso() })
    emit({ printer: p.id }, 'printer')
  }
}, 5000).unref()
const port = Number(process.env.MOCK_PORT ?? 8099)
server.listen(port, '127.0.0.1', () => console.log(`mock server on http://127.0.0.1:${port}, password of everyone: ${PASSWORD}`))
