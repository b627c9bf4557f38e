// Formats of durations, weights, waiting times and clock times.
import { describe, expect, it } from 'vitest'
import { bytes, clock, duration, initials, layerHeight, metres, waiting, weight } from './format'

const plain = (s: string) => s.replace(/\u00a0/g, ' ')

describe('duration', () => {
  it.each([
    [58, '58 s'],
    [720, '12 min'],
    [13320, '3 h 42 min'],
    [39900, '11 h 5 min'],
    [7200, '2 h'],
    [3599, '1 h'],
  ])('%i s is %s', (s, text) => expect(plain(duration(s))).toBe(text))
  it('shows a dash when unknown', () => {
    expect(duration(null)).toBe('–')
    expect(duration(Number.NaN)).toBe('–')
  })
})

describe('waiting', () => {
  it.each([
    [20, '< 1 min'],
    [58 * 60, '58 min'],
    [112 * 60, '1:52 h'],
    [26 * 3600 + 300, '26:05 h'],
    [3 * 86400, '3 days'],
  ])('%i s waits %s', (s, text) => expect(plain(waiting(s))).toBe(text))
})

describe('weight, length, size', () => {
  it('uses grams below 1000 g and kilograms from there', () => {
    expect(plain(weight(68.4))).toBe('68 g')
    expect(plain(weight(3.25))).toBe('3.3 g')
    expect(plain(weight(999.4))).toBe('999 g')
    expect(plain(weight(999.6))).toBe('1.0 kg')
    expect(plain(weight(1900))).toBe('1.9 kg')
    expect(weight(null)).toBe('–')
  })
  it('shows metres, layer heights and bytes', () => {
    expect(plain(metres(23100))).toBe('23.1 m')
    expect(plain(layerHeight(0.2))).toBe('0.20 mm')
    expect(plain(bytes(8_400_000))).toBe('8.4 MB')
    expect(plain(bytes(512))).toBe('512 B')
  })
})

describe('clock', () => {
  const now = new Date(2026, 10, 23, 15, 8)
  const say = (time: string) => `tomorrow ${time}`
  it('names the day only when needed', () => {
    expect(clock(new Date(2026, 10, 23, 15, 50), now, 'en', say)).toBe('15:50')
    expect(clock(new Date(2026, 10, 24, 9, 10), now, 'en', say)).toBe('tomorrow 09:10')
    expect(clock(new Date(2026, 10, 21, 15, 50), now, 'en', say)).toBe('21 Nov, 15:50')
  })
})

describe('initials', () => {
  it('takes the first and the last name', () => {
    expect(initials('Lena Brandt')).toBe('LB')
    expect(initials('Lena Maria Brandt')).toBe('LB')
    expect(initials('lena')).toBe('L')
  })
})
