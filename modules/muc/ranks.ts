/** Affiliations and roles, lowest first: XEP-0045 section 5. */

/** Long-lived, by account (section 5.2). */
export const AFFILIATIONS = ['outcast', 'none', 'member', 'admin', 'owner'] as const;
export type Affiliation = (typeof AFFILIATIONS)[number];

/** As long as somebody is in the room (section 5.1). */
export const ROLES = ['none', 'visitor', 'participant', 'moderator'] as const;
export type Role = (typeof ROLES)[number];

export function isAffiliation(text: string | undefined): text is Affiliation {
  return AFFILIATIONS.includes(text as Affiliation);
}

export function isRole(text: string | undefined): text is Role {
  return ROLES.includes(text as Role);
}

export function affiliationAtLeast(affiliation: Affiliation, least: Affiliation): boolean {
  return AFFILIATIONS.indexOf(affiliation) >= AFFILIATIONS.indexOf(least);
}

export function roleAtLeast(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}
