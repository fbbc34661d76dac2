/** What inputs and outputs are called in the ONNX model. */

export const stateInput = (entry: string): string => `state:${entry}`;
export const batchInput = (name: string): string => `input:${name}`;
export const stateOutput = (entry: string): string => `next:${entry}`;
export const stepOutput = (name: string): string => `output:${name}`;
