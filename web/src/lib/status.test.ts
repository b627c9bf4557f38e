// The status words and glyphs of the design guide.
import { describe, expect, it } from 'vitest'
import en from '@/locales/en.json'
import { classText, eventLook, jobLook, printerLook } from './status'
import type { JobStatus, PrinterClass, PrinterStatus } from '@/api/types'

const word = (key: string) => (en.status as Record<string, string>)[key.replace('status.', '')]

describe('job status', () => {
  it.each<[JobStatus, string, string, string]>([
    ['needs_approval', 'Needs approval', 'wait', 'wait'],
    ['sent_back', 'Sent back', 'wait', 'back'],
    ['queued', 'Queued', 'queue', 'queue'],
    ['starting', 'Starting', 'queue', 'queue'],
    ['printing', 'Printing', 'run', 'run'],
    ['paused', 'Paused', 'wait', 'pause'],
    ['needs_attention', 'Needs attention', 'stop', 'fail'],
    ['finished', 'Finished', 'done', 'done'],
    ['failed', 'Failed', 'stop', 'fail'],
    ['aborted', 'Aborted', 'stop', 'stop'],
    ['rejected', 'Rejected', 'stop', 'stop'],
    ['withdrawn', 'Withdrawn', 'idle', 'off'],
  ])('%s', (status, text, family, glyph) => {
    const look = jobLook({ status, plate: null })
    expect([word(look.key), look.family, look.glyph]).toEqual([text, family, glyph])
  })
  it('asks to clear the plate after any ended print, but not after a rejected job', () => {
    expect(word(jobLook({ status: 'finished', plate: 'not_cleared' }).key)).toBe('Clear the plate')
    expect(word(jobLook({ status: 'failed', plate: 'not_cleared' }).key)).toBe('Clear the plate')
    expect(word(jobLook({ status: 'finished', plate: 'cleared' }).key)).toBe('Finished')
    expect(word(jobLook({ status: 'rejected', plate: 'not_cleared' }).key)).toBe('Rejected')
  })
})

describe('printer status', () => {
  it.each<[PrinterStatus, string]>([
    ['ready', 'Ready'],
    ['printing', 'Printing'],
    ['paused', 'Paused'],
    ['plate_not_clear', 'Clear the plate'],
    ['attention', 'Needs attention'],
    ['offline', 'Offline'],
    ['disabled', 'Turned off'],
  ])('%s', (status, text) => expect(word(printerLook(status).key)).toBe(text))
})

describe('printer class', () => {
  const says = (of: PrinterClass) => (en.printer as Record<string, string>)[classText(of).replace('printer.', '')]
  it.each<[PrinterClass, string]>([
    ['A', 'we find out by ourselves'],
    ['B', 'we may have to ask you'],
    ['C', 'we always ask you'],
  ])('%s says what it means after a lost connection', (of, text) => {
    expect(says(of)).toContain(`Class ${of}: if the connection breaks in the middle of a start, ${text} whether it printed`)
  })
  it('is taken for the weakest if the page does not know it', () => expect(says('D' as PrinterClass)).toContain('Class C'))
})

describe('timeline glyphs', () => {
  it('tells an approval from a taken back one', () => {
    expect(eventLook('approved').glyph).toBe('seal')
    expect(eventLook('approval_taken_back').glyph).toBe('back')
    expect(eventLook('something_new').glyph).toBe('ready')
  })
})
