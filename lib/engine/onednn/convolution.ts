/**
 * Convolution and its two gradients. Activations stay in tfjs's layout; filters go into the layout that oneDNN is fastest
 * with (on a plain one it falls to a quarter), by a copy that is small beside the convolution.
 * @module
 */
import type { backend_util } from "@tensorflow/tfjs";
import { Algorithm, Argument, Layout, Propagation, Query } from "./constants.ts";
import { create, type OneDnn } from "./library.ts";
import {
  activations,
  chosenDescriptor,
  type Descriptor,
  descriptor,
  dimensions,
  Primitive,
  reorder,
  sameLayout,
  Scratch,
} from "./primitive.ts";

/** Runs a primitive on data at these addresses. */
export type Run = (...pointers: Deno.PointerValue[]) => void;

/** A convolution of one set of sizes. */
export class Convolution {
  /** (x, filter, y) */
  readonly forward: Run;
  /** (dy, filter, dx) */
  readonly inputGradient: Run;
  /** (x, dy, dfilter) */
  readonly filterGradient: Run;

  constructor(library: OneDnn, shape: backend_util.Conv2DInfo) {
    const { symbols, engine } = library;
    const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = shape;
    const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } =
      shape;
    const source = activations(library, batchSize, inHeight, inWidth, inChannels);
    const destination = activations(library, batchSize, outHeight, outWidth, outChannels);
    const filterSizes = [outChannels, inChannels, filterHeight, filterWidth];
    const plainFilter = descriptor(library, Layout.hwio, ...filterSizes);
    const anyFilter = descriptor(library, Layout.any, ...filterSizes);
    const strides = dimensions(strideHeight, strideWidth);
    const dilations = dimensions(dilationHeight - 1, dilationWidth - 1); // counts the gaps
    const before = dimensions(padInfo.top, padInfo.left);
    // What the last output sees beyond the input; rows that no output sees need no padding.
    const after = dimensions(
      Math.max(0, (outHeight - 1) * strideHeight + shape.effectiveFilterHeight - inHeight - padInfo.top),
      Math.max(0, (outWidth - 1) * strideWidth + shape.effectiveFilterWidth - inWidth - padInfo.left),
    );
    const geometry = [strides, dilations, before, after] as const;
    const direct = Algorithm.convolutionDirect;

    const forward = create("convolution", (handle) =>
      symbols.dnnl_convolution_forward_primitive_desc_create(
        handle,
        engine,
        Propagation.forwardTraining,
        direct,
        source,
        anyFilter,
        null,
        destination,
        ...geometry,
        null,
      ));
    this.forward = withFilter(library, forward, plainFilter, [Argument.source, source], [
      Argument.destination,
      destination,
    ]);

    // Made when first asked for: most convolutions of an evaluation never are.
    this.inputGradient = lazily(() => {
      const backward = create(
        "convolution's input gradient",
        (handle) =>
          symbols.dnnl_convolution_backward_data_primitive_desc_create(
            handle,
            engine,
            direct,
            source,
            anyFilter,
            destination,
            ...geometry,
            forward,
            null,
          ),
      );
      return withFilter(library, backward, plainFilter, [Argument.destinationGradient, destination], [
        Argument.sourceGradient,
        source,
      ]);
    });

    this.filterGradient = lazily(() => {
      const backward = create(
        "convolution's filter gradient",
        (handle) =>
          symbols.dnnl_convolution_backward_weights_primitive_desc_create(
            handle,
            engine,
            direct,
            source,
            anyFilter,
            null,
            destination,
            ...geometry,
            forward,
            null,
          ),
      );
      const chosen = chosenDescriptor(library, backward, Query.weightsGradient);
      const plain = sameLayout(library, chosen, plainFilter);
      const filter = plain ? plainFilter : new Scratch(library, chosen);
      const gradient = new Primitive(library, backward, [
        [Argument.source, source],
        [Argument.destinationGradient, destination],
        [Argument.weightsGradient, filter],
      ]);
      if (plain) return (x, dy, dfilter) => gradient.run(x, dy, dfilter);
      const toPlain = reorder(library, [chosen, filter], [plainFilter, plainFilter]);
      return (x, dy, dfilter) => {
        gradient.run(x, dy);
        toPlain.run(dfilter);
      };
    });
  }
}

/** A primitive of (input, filter, output) that takes the filter in tfjs's layout. */
function withFilter(
  library: OneDnn,
  description: Deno.PointerObject,
  plainFilter: Descriptor,
  input: [number, Descriptor],
  output: [number, Descriptor],
): Run {
  const chosen = chosenDescriptor(library, description, Query.weights);
  if (sameLayout(library, chosen, plainFilter)) {
    const primitive = new Primitive(library, description, [input, [Argument.weights, plainFilter], output]);
    return (x, filter, y) => primitive.run(x, filter, y);
  }
  const filter = new Scratch(library, chosen);
  const toChosen = reorder(library, [plainFilter, plainFilter], [chosen, filter]);
  const primitive = new Primitive(library, description, [input, [Argument.weights, filter], output]);
  return (x, plain, y) => {
    toChosen.run(plain);
    primitive.run(x, y);
  };
}

function lazily(make: () => Run): Run {
  let run: Run | undefined;
  return (...pointers) => (run ??= make())(...pointers);
}
