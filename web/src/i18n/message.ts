/** A text with {names} in it, or one for each plural form of {count} (CLDR). */
export type Message = string | Partial<Record<Intl.LDMLPluralRule, string>>;
