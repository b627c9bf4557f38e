// How the mock server shows its data to one person: the `actions` of jobs and printers follow the roles roughly.
import { jobs, people, printers, settings } from './mock-data.mjs'

export const personById = (id) => Object.values(people).find((p) => p.id === id)
export const ref = (p) => ({ id: p.id, name: p.name })
const yes = { allowed: true }
const no = (failed, why, who = []) => ({ allowed: false, failed, why, who_can: who })
const live = ['printing', 'paused']

export const queueOf = (printerId) => jobs.filter((j) => j.printerId === printerId && j.status === 'queued')

export function jobView(j, me, detail = false) {
  const staff = me.role !== 'guest'
  const mine = j.submitterId === me.id
  const who = personById(j.submitterId)
  const p = printers.find((x) => x.id === j.printerId)
  const queue = queueOf(j.printerId)
  const position = queue.indexOf(j) + 1
  const actions = {}
  const state = (ok) => (ok ? yes : no('state', 'Not in this state'))
  if (staff) {
    const lock = j.locked ? no('access', 'The project "Sensors" is not shared with you. Jonas Weil can share it.', ['Jonas Weil']) : null
    for (const a of ['approve', 'reject', 'send_back']) actions[a] = j.status === 'needs_approval' ? (lock ?? yes) : no('state', 'Already decided')
    actions.take_back = state(j.status === 'queued' && j.decision?.kind === 'approved')
    actions.undo_send_back = state(j.status === 'sent_back')
    actions.reroute = state(['needs_approval', 'queued'].includes(j.status))
    actions.move_up = state(position > 1)
    actions.move_down = state(position > 0 && position < queue.length)
    actions.pause = state(j.status === 'printing')
    actions.resume = state(j.status === 'paused')
    actions.resolve = state(j.status === 'needs_attention')
  }
  if (staff || mine) {
    actions.reprint = state(!['needs_approval', 'sent_back'].includes(j.status) || staff)
    actions.abort = state(live.includes(j.status) || j.status === 'needs_attention')
    actions.download = j.locked ? no('access', 'The project is not shared with you.') : yes
  }
  if (mine) {
    actions.withdraw = state(['needs_approval', 'sent_back', 'queued'].includes(j.status))
    actions.resubmit = state(j.status === 'sent_back')
  }
  const { part, submitterId, printerId, timeline, ...rest } = j
  void [part, submitterId, printerId, timeline]
  return {
    ...rest, submitter: { ...ref(who), role: who.role }, mine, printer: { id: p.id, name: p.name, status: p.status },
    thumbnail: j.locked ? null : `/api/v1/print-jobs/${j.id}/thumbnail`, position: position || null, actions, ...(detail ? { reprinted: [] } : {}),
  }
}

export function printerView(p, me) {
  const staff = me.role !== 'guest'
  const job = jobs.find((j) => j.printerId === p.id && [...live, 'needs_attention'].includes(j.status))
  const actions = { see: yes }
  if (staff) for (const a of ['clear_plate', 'rename', 'enable', 'share', 'delete', 'reorder']) actions[a] = yes
  return {
    ...p, address: staff ? p.address : null,
    current: job ? { id: job.id, number: job.number, name: staff || job.submitterId === me.id ? job.name : null, mine: job.submitterId === me.id } : null,
    queue_length: queueOf(p.id).length, held_here: jobs.filter((j) => j.printerId === p.id && j.status === 'needs_approval').length, actions,
  }
}

export function sessionView(me) {
  return {
    account: { id: me.id, name: me.name, email: me.email },
    organization: me.role
      ? { id: 'org', name: 'Hexa Makerlab', plan: { key: 'professional', name: 'Professional', guests: true, approval: true, reports: false }, role: me.role, frozen: false, people: 7, held_back: null }
      : null,
    organizations: me.role ? [{ id: 'org', name: 'Hexa Makerlab', role: me.role }] : [],
    password_age_s: 3600, approval_on: settings.approval_on, undo_window_s: settings.undo_window_s, reject_reason_required: settings.reject_reason_required,
    upload: { max_bytes: 500_000_000, chunk_bytes: 1_000_000, extensions: ['gcode'] },
  }
}
export const tabs = {
  needs_approval: (j) => ['needs_approval', 'sent_back'].includes(j.status), queue: (j) => ['queued', 'starting'].includes(j.status),
  printing: (j) => ['printing', 'paused', 'needs_attention'].includes(j.status), plate: (j) => j.plate === 'not_cleared',
  history: (j) => ['finished', 'failed', 'aborted', 'rejected', 'withdrawn'].includes(j.status),
}
export function timelineView(j) {
  const who = personById(j.submitterId)
  const p = printers.find((x) => x.id === j.printerId)
  const items = [{ kind: 'submitted', at: j.submitted_at, actor: ref(who), sentence: `${who.name} sent this job to ${p.name}`, message: j.note }]
  if (j.decision) items.push({ kind: j.decision.kind, at: j.decision.at, actor: j.decision.by, sentence: `${j.decision.by.name} ${{ approved: 'approved this job', rejected: 'rejected this job', sent_back: 'sent it back', taken_back: 'took the approval back' }[j.decision.kind]}`, message: j.message })
  if (j.started_at) items.push({ kind: 'printing', at: j.started_at, actor: null, sentence: `Printing on ${p.name}`, message: null })
  if (j.ended_at && j.started_at) items.push({ kind: j.status, at: j.ended_at, actor: null, sentence: 'The print finished', message: null })
  return items.map((i, seq) => ({ seq, ...i })).reverse()
}
