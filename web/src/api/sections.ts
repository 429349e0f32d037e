// Which parts of the API this server has: a section of the page whose part is missing is not shown.
import {Cell} from '../lib/cell';
import {find} from './client';
import type {System, Template, Workflow} from './types';

export interface Sections {
  system: System | null;
  templates: Template[] | null;
  workflows: Workflow[] | null;
}

/** Null until it is known. */
export const sections = new Cell<Sections | null>(null);

export async function lookAtSections(): Promise<void> {
  const [system, templates, workflows] = await Promise.all([
    find<System>('/v1/system'),
    find<{templates: Template[]}>('/v1/templates'),
    find<{workflows: Workflow[]}>('/v1/workflows'),
  ]);
  sections.set({system, templates: templates?.templates ?? null, workflows: workflows?.workflows ?? null});
}
