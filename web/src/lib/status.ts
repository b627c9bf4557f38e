// The status vocabulary: which word (message key), colour family and glyph a job or printer state gets. Input is the enum
// of the API, never free text.
import type { Job, JobStatus, PrinterClass, PrinterStatus } from '@/api/types'

export type Family = 'wait' | 'queue' | 'run' | 'clear' | 'done' | 'stop' | 'idle' | 'stamp'
export type GlyphName =
  | 'wait' | 'back' | 'queue' | 'run' | 'pause' | 'clear' | 'done' | 'stop' | 'fail' | 'ready' | 'off' | 'seal'
export interface StatusLook {
  key: string
  family: Family
  glyph: GlyphName
}

const look = (key: string, family: Family, glyph: GlyphName): StatusLook => ({ key: `status.${key}`, family, glyph })

const jobLooks: Record<JobStatus, StatusLook> = {
  needs_approval: look('needs_approval', 'wait', 'wait'),
  sent_back: look('sent_back', 'wait', 'back'),
  queued: look('queued', 'queue', 'queue'),
  starting: look('starting', 'queue', 'queue'),
  printing: look('printing', 'run', 'run'),
  paused: look('paused', 'wait', 'pause'),
  needs_attention: look('needs_attention', 'stop', 'fail'),
  finished: look('finished', 'done', 'done'),
  failed: look('failed', 'stop', 'fail'),
  aborted: look('aborted', 'stop', 'stop'),
  rejected: look('rejected', 'stop', 'stop'),
  withdrawn: look('withdrawn', 'idle', 'off'),
}

const ended: ReadonlySet<JobStatus> = new Set(['finished', 'failed', 'aborted'])

/** An ended print whose plate was not cleared needs a person at the printer; that is more useful than how it ended. */
export function jobLook(job: Pick<Job, 'status' | 'plate'>): StatusLook {
  if (job.plate === 'not_cleared' && ended.has(job.status)) return look('clear_plate', 'clear', 'clear')
  return jobLooks[job.status] ?? look('unknown', 'idle', 'off')
}

/** How it ended, without the plate. */
export const endLook = (status: JobStatus): StatusLook => jobLooks[status] ?? look('unknown', 'idle', 'off')

const printerLooks: Record<PrinterStatus, StatusLook> = {
  ready: look('ready', 'done', 'ready'),
  printing: look('printing', 'run', 'run'),
  paused: look('paused', 'wait', 'pause'),
  plate_not_clear: look('clear_plate', 'clear', 'clear'),
  attention: look('needs_attention', 'stop', 'fail'),
  offline: look('offline', 'idle', 'off'),
  disabled: look('disabled', 'idle', 'off'),
  removed: look('removed', 'idle', 'off'),
}
export const printerLook = (status: PrinterStatus | null | undefined): StatusLook =>
  (status && printerLooks[status]) || look('unknown', 'idle', 'off')

const classTexts: Record<PrinterClass, string> = { A: 'printer.class_a', B: 'printer.class_b', C: 'printer.class_c' }
/** What the class of a printer means for people, as a message key; of a class that this page does not know: the weakest. */
export const classText = (printerClass: PrinterClass): string => classTexts[printerClass] ?? 'printer.class_c'

/** Where a job prints soonest stands first: ready, then busy, then what does not print by itself, then what is off. */
export function pickOrder(status: PrinterStatus): number {
  if (status === 'ready') return 0
  if (status === 'offline' || status === 'attention') return 2
  return status === 'disabled' || status === 'removed' ? 3 : 1
}

/** A person has to go to this printer. */
export const needsAHand = (status: PrinterStatus): boolean => status === 'plate_not_clear' || status === 'attention'

const eventLooks: [RegExp, GlyphName, Family | 'ink'][] = [
  [/help/, 'wait', 'wait'],
  [/take|taken|undo|not_printed|not_started/, 'back', 'wait'],
  [/approv/, 'seal', 'stamp'],
  [/reject/, 'stop', 'stop'],
  [/sent_back|send_back/, 'back', 'wait'],
  [/withdr/, 'off', 'idle'],
  [/abort|cancel/, 'stop', 'stop'],
  [/fail|attention|error/, 'fail', 'stop'],
  [/finish|complete|resolved/, 'done', 'done'],
  [/plate|clear/, 'clear', 'clear'],
  [/pause/, 'pause', 'wait'],
  [/start|printing|resume/, 'run', 'run'],
  [/queue|move|rerout|claim/, 'queue', 'queue'],
  [/held|resubmit|version/, 'wait', 'wait'],
]
/** Glyph of a timeline entry. Kinds may grow on the server, so this matches on words and falls back to a plain ring. */
export function eventLook(kind: string): { glyph: GlyphName; family: Family | 'ink' } {
  for (const [pattern, glyph, family] of eventLooks) if (pattern.test(kind)) return { glyph, family }
  return { glyph: 'ready', family: 'ink' }
}
