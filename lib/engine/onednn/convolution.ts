/**
 * Convolution and its two gradients. Activations stay in tfjs's layout; filters go into the layout that
 * oneDNN is fastest with (on a plain one it falls to a quarter), by a copy that is small beside the
 * convolution.
 * @module
 */
import type { ConvolutionShape } from "../conv2d.ts";
import type { HeapConvolution } from "../wasm/convolution.ts";
import { remembered } from "../wasm/kernels.ts";
import { Argument, CONVOLUTION_DIRECT as direct, Layout, Propagation, Query } from "./constants.ts";
import { describe, type OneDnn } from "./library.ts";
import {
  activations,
  type Binding,
  chosenDescriptor,
  descriptor,
  dimensions,
  primitive,
  reorder,
  Scratch,
} from "./primitive.ts";

export function convolution(library: OneDnn, shape: ConvolutionShape): HeapConvolution {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = shape;
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = shape;
  const source = activations(library, shape.inShape);
  const destination = activations(library, shape.outShape);
  const filterSizes = [outChannels, inChannels, filterHeight, filterWidth];
  const plain = descriptor(library, Layout.hwio, ...filterSizes);
  const filter = descriptor(library, Layout.any, ...filterSizes);
  const geometry = [
    dimensions(strideHeight, strideWidth),
    dimensions(dilationHeight - 1, dilationWidth - 1), // counts the gaps
    dimensions(padInfo.top, padInfo.left),
    // What the last output sees beyond the input; rows that no output sees need no padding.
    dimensions(
      Math.max(0, (outHeight - 1) * strideHeight + shape.effectiveFilterHeight - inHeight - padInfo.top),
      Math.max(0, (outWidth - 1) * strideWidth + shape.effectiveFilterWidth - inWidth - padInfo.left),
    ),
  ] as const;
  const all = [source, filter, null, destination] as const;
  const { forwardTraining } = Propagation;
  const forward = describe(library, "convolution_forward", [forwardTraining, direct, ...all, ...geometry]);

  /** A primitive of (input, filter, output). */
  const withFilter = (description: Deno.PointerObject, input: Binding, output: Binding) => {
    const chosen = chosenDescriptor(library, description, Query.weights);
    const copy = new Scratch(library, chosen);
    const toChosen = reorder(library, [plain, plain], [chosen, copy]);
    const run = primitive(library, description, [input, [Argument.weights, copy], output]);
    return (x: number, filter: number, y: number) => {
      toChosen(filter);
      run(x, y);
    };
  };

  const rest = [...geometry, forward] as const;
  // The gradients are made when first needed: most convolutions of an evaluation need none.
  const inputGradient = remembered(() =>
    withFilter(
      describe(library, "convolution_backward_data", [direct, source, filter, destination, ...rest]),
      [Argument.destinationGradient, destination],
      [Argument.sourceGradient, source],
    )
  );
  const filterGradient = remembered(() => {
    const backward = describe(library, "convolution_backward_weights", [direct, ...all, ...rest]);
    const chosen = chosenDescriptor(library, backward, Query.weightsGradient);
    const copy = new Scratch(library, chosen);
    const run = primitive(library, backward, [
      [Argument.source, source],
      [Argument.destinationGradient, destination],
      [Argument.weightsGradient, copy],
    ]);
    const toPlain = reorder(library, [chosen, copy], [plain, plain]);
    return (x: number, dy: number, dfilter: number) => {
      run(x, dy);
      toPlain(dfilter);
    };
  });
  return {
    forward: withFilter(forward, [Argument.source, source], [Argument.destination, destination]),
    inputGradient: (...offsets) => inputGradient()(...offsets),
    filterGradient: (...offsets) => filterGradient()(...offsets),
  };
}
