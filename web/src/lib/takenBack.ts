// The undo of a choice of shares, made from what is stored by then.

export interface Choice { organization: boolean; teams: string[] }
/** A choice taken back: only what it changed goes back, and only where nobody changed it again since. */
export function takenBack(before: Choice, chosen: Choice, now: Choice): Choice {
  const given = chosen.teams.filter((id) => !before.teams.includes(id))
  const taken = before.teams.filter((id) => !chosen.teams.includes(id))
  const kept = now.teams.filter((id) => !given.includes(id))
  return {
    organization: now.organization === chosen.organization ? before.organization : now.organization,
    teams: [...kept, ...taken.filter((id) => !kept.includes(id))],
  }
}
