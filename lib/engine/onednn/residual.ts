/**
 * The end of a residual block.
 * @module
 */
import { Algorithm, Argument, Layout, Propagation } from "./constants.ts";
import { check, create, type OneDnn } from "./library.ts";
import { descriptor, Primitive } from "./primitive.ts";

/** max(0, a + b) and its gradient, for tensors of one number of elements. */
export class ResidualSum {
  /** (a, b, y) */
  readonly forward: Primitive;
  /** (dy, y, dz) */
  readonly backward: Primitive;

  constructor(library: OneDnn, size: number) {
    const { symbols, engine } = library;
    const data = descriptor(library, Layout.a, size);
    const postOps = create("post-operations", (handle) => symbols.dnnl_post_ops_create(handle));
    check(symbols.dnnl_post_ops_append_eltwise(postOps, Algorithm.relu, 0, 0), "ReLU after a sum");
    const attributes = create("attributes", (handle) => symbols.dnnl_primitive_attr_create(handle));
    check(symbols.dnnl_primitive_attr_set_post_ops(attributes, postOps), "ReLU after a sum");
    const sum = create(
      "sum",
      (handle) =>
        symbols.dnnl_binary_primitive_desc_create(
          handle,
          engine,
          Algorithm.add,
          data,
          data,
          data,
          attributes,
        ),
    );
    this.forward = new Primitive(library, sum, [
      [Argument.source, data],
      [Argument.source1, data],
      [Argument.destination, data],
    ]);
    const relu = create("ReLU", (handle) =>
      symbols.dnnl_eltwise_forward_primitive_desc_create(
        handle,
        engine,
        Propagation.forwardTraining,
        Algorithm.reluFromResult,
        data,
        data,
        0,
        0,
        null,
      ));
    const reluGradient = create(
      "ReLU's gradient",
      (handle) =>
        symbols.dnnl_eltwise_backward_primitive_desc_create(
          handle,
          engine,
          Algorithm.reluFromResult,
          data,
          data,
          data,
          0,
          0,
          relu,
          null,
        ),
    );
    this.backward = new Primitive(library, reluGradient, [
      [Argument.destinationGradient, data],
      [Argument.destination, data],
      [Argument.sourceGradient, data],
    ]);
  }
}
