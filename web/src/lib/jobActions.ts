// Everything a person can do with a job, in one place: the call, the cache, the toast with Undo, and what to say when the
// server refuses.
import { reactive, ref } from 'vue'
import { api, newKey, Problem, type Job, type JobAction } from '@/api'
import { openDialog } from './dialogs'
import { t } from './i18n'
import { sentence } from './problems'
import { keys, queryClient, refreshJobs } from './query'
import { ownRole, undoWindow } from './session'
import { say } from './toast'

/** A refusal stays with its job, in the row and in the panel, until the next attempt. */
export const jobProblems = reactive(new Map<string, string>())
const marks = { approved: () => t('mark.approved'), rejected: () => t('mark.rejected'), sent_back: () => t('mark.sent_back') }
type Mark = keyof typeof marks
/** Decided in this window: the row may leave without waiting, and its mark says so. */
const decisions = reactive(new Map<string, { mark: Mark; version: number }>())
/** The mark of a decision that the shown job does not know yet; once the list has caught up, the list is right. */
export function decidedHere(job: Job): string | undefined {
  const made = decisions.get(job.id)
  return made && job.state_version < made.version ? marks[made.mark]() : undefined
}
export function markDecided(job: Job, mark: Mark) {
  decisions.set(job.id, { mark, version: job.state_version + 1 })
}
/** Jobs with a call under way; their buttons show it. */
export const busy = ref(new Map<string, JobAction>())

function setBusy(id: string, action: JobAction | null) {
  const next = new Map(busy.value)
  if (action) next.set(id, action)
  else next.delete(id)
  busy.value = next
}

export const may = (job: Job, action: JobAction): boolean => job.actions[action]?.allowed === true
/** What waits for a decision, oldest first: as many as one call approves. */
export async function waitingJobs(): Promise<Job[]> {
  const jobs: Job[] = []
  let cursor: string | undefined
  do {
    const page = await api.jobs({ tab: 'needs_approval', limit: 100, cursor })
    jobs.push(...page.items.filter((job) => job.status === 'needs_approval'))
    cursor = page.next ?? undefined
  } while (cursor && jobs.length < 500)
  return jobs.slice(0, 500)
}
/** Its printer; of a job that was sent to a group, with the group's name. */
export const where = (job: Job): string =>
  job.printer_group ? t('job.on_group', { group: job.printer_group.name, printer: job.printer.name }) : job.printer.name
/** Shown although refused, with the reason: plan and access can be changed by someone, a state cannot. What the role forbids is not
 *  shown; but where nobody approves their own jobs, an approver has to read so. */
export function refusal(job: Job, action: JobAction): string | null {
  const a = job.actions[action]
  if (!a || a.allowed || a.failed === 'state') return null
  return a.failed !== 'role' || (action === 'approve' && ownRole() !== 'guest') ? a.why : null
}

/** Runs a call for a job; true when it worked. */
export async function run(job: Job, action: JobAction, call: () => Promise<Job>): Promise<Job | null> {
  if (busy.value.has(job.id)) return null
  setBusy(job.id, action)
  jobProblems.delete(job.id)
  try {
    const after = await call()
    if (after?.id === job.id) queryClient.setQueryData(keys.job(job.id), after)
    return after
  } catch (error) {
    const gone = error instanceof Problem && error.code === 'not_found'
    jobProblems.set(job.id, gone ? t('problem.job_gone') : sentence(error))
    if (error instanceof Problem && error.code === 'already_decided') decisions.delete(job.id)
    // The row may have left the page already, by the live news: then this is the only place that says it.
    if (gone || (error instanceof Problem && error.code === 'already_decided')) say('toast.plain', { name: jobProblems.get(job.id) ?? '' }, { seconds: 10 })
    return null
  } finally {
    setBusy(job.id, null)
    refreshJobs(job.id)
  }
}

export async function approve(job: Job): Promise<boolean> {
  markDecided(job, 'approved')
  const after = await run(job, 'approve', () => api.approve(job))
  if (!after) {
    decisions.delete(job.id)
    return false
  }
  const seconds = undoWindow()
  say(
    seconds > 0 ? 'toast.approved' : 'toast.approved_now',
    { name: job.name, printer: job.printer.name, n: seconds },
    { seconds: seconds || 6, undo: may(after, 'take_back') || seconds > 0 ? () => takeBack(after) : undefined },
  )
  return true
}

export async function takeBack(job: Job): Promise<boolean> {
  const after = await run(job, 'take_back', () => api.takeBack(job.id))
  decisions.delete(job.id)
  if (after) say('toast.taken_back', { name: job.name })
  // The row it belonged to may be gone from this page, so a refused Undo has to be said aloud.
  else say('toast.plain', { name: jobProblems.get(job.id) ?? '' }, { seconds: 10 })
  return after !== null
}

export async function sendBack(job: Job, message: string): Promise<boolean> {
  markDecided(job, 'sent_back')
  const after = await run(job, 'send_back', () => api.sendBack(job.id, message))
  if (!after) {
    decisions.delete(job.id)
    return false
  }
  const undo = may(after, 'undo_send_back')
    ? async () => {
        if (await run(after, 'undo_send_back', () => api.undoSendBack(job.id))) say('toast.send_back_undone', { name: job.name })
      }
    : undefined
  say('toast.sent_back', { name: job.name }, { undo })
  return true
}

export async function reject(job: Job, reason: string): Promise<boolean> {
  markDecided(job, 'rejected')
  const after = await run(job, 'reject', () => api.reject(job.id, reason || undefined))
  if (!after) decisions.delete(job.id)
  else say('toast.rejected', { name: job.name, person: job.submitter.name })
  return after !== null
}

/** At once, and the opposite is the undo. */
async function flip(job: Job, action: 'pause' | 'resume' | 'move_up' | 'move_down') {
  const calls = {
    pause: () => api.pause(job.id),
    resume: () => api.resume(job.id),
    move_up: () => api.move(job.id, 'up'),
    move_down: () => api.move(job.id, 'down'),
  }
  const back = { pause: 'resume', resume: 'pause', move_up: 'move_down', move_down: 'move_up' } as const
  const after = await run(job, action, calls[action])
  if (after) say(`toast.${action}`, { name: job.name }, { undo: () => run(after, back[action], calls[back[action]]) })
}

export async function reprint(job: Job, printer?: string): Promise<Job | null> {
  const after = await run(job, 'reprint', () => api.reprint(job.id, newKey(), printer))
  if (after) {
    say(
      after.status === 'needs_approval' ? 'toast.reprint_held' : 'toast.reprinted',
      { name: after.name, number: after.number },
      { seconds: 10, link: { label: t('open'), to: `/jobs/${after.id}` } },
    )
  }
  return after
}

/** The one entry for menus, buttons and keys. */
export function act(job: Job, action: JobAction) {
  switch (action) {
    case 'approve':
      return approve(job)
    case 'take_back':
      return takeBack(job)
    case 'pause':
    case 'resume':
    case 'move_up':
    case 'move_down':
      return flip(job, action)
    case 'undo_send_back':
      return run(job, action, () => api.undoSendBack(job.id))
    case 'download':
      window.location.assign(api.fileUrl(job.id))
      return undefined
    case 'reject':
    case 'send_back':
    case 'reroute':
    case 'resolve':
    case 'abort':
    case 'withdraw':
    case 'reprint':
    case 'copy_to_project':
      return openDialog({ kind: action, job })
    default:
      return undefined
  }
}
