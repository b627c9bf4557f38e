import { describe, expect, it } from 'vitest'
import { takenBack } from './takenBack'

describe('a choice of shares that is taken back', () => {
  const before = { organization: true, teams: ['a', 'b'] }
  it('is as it was, if nobody changed it since', () => {
    const chosen = { organization: false, teams: ['b', 'c'] }
    expect(takenBack(before, chosen, chosen)).toEqual({ organization: true, teams: ['b', 'a'] })
  })
  it('leaves what somebody else changed since', () => {
    const chosen = { organization: true, teams: ['a', 'b', 'c'] }
    expect(takenBack(before, chosen, { organization: false, teams: ['b', 'c', 'd'] })).toEqual({ organization: false, teams: ['b', 'd'] })
  })
})
