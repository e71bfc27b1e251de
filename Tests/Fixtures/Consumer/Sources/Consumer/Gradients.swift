import Autodiff
import NN
import Optimizers
import TensorCore

/// Tensors, gradients and an optimizer on their own: a line through four points, by least squares.
func fitLine(steps: Int) -> (slope: Float, intercept: Float) {
  let x = Variable(Tensor<Float>([0, 1, 2, 3], shape: [4, 1]))
  let y = Variable(Tensor<Float>([1, 3, 5, 7], shape: [4, 1]))
  let slope = Parameter(.zeros([1, 1]), isTrainable: true)
  let intercept = Parameter(.zeros([1]), isTrainable: true)
  let optimizer = AdamW([slope, intercept])

  for _ in 0..<steps {
    let tape = Tape<Float>()
    let (a, b) = (tape.leaf(slope.value), tape.leaf(intercept.value))
    let error = x.matmul(a).adding(row: b) - y
    let gradients = tape.gradients(of: (error * error).sum())
    optimizer.step([gradients[a], gradients[b]], learningRate: 0.1)
  }
  return (slope.value.item, intercept.value.item)
}
