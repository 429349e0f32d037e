// What a person types into the one search field, as what the API asks.

export type Looked = {kind: 'user_id' | 'recipient' | 'id'; value: string};

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const phone = /^\+?[\d\s().-]{5,}$/;

/** An address or a number is a recipient, `user_…` a user; anything else an id, of a notification or of an event. */
export function whatIs(text: string): Looked | null {
  const value = text.trim();
  if (!value) return null;
  if (/^user_/i.test(value)) return {kind: 'user_id', value};
  if (uuid.test(value)) return {kind: 'id', value: value.toLowerCase()};
  if (value.includes('@')) return {kind: 'recipient', value};
  if (phone.test(value)) {
    const digits = value.replace(/\D/g, '');
    return {kind: 'recipient', value: `+${digits}`};
  }
  return {kind: 'id', value};
}
