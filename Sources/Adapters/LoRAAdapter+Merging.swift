public import NN
import TensorCore

extension LoRAAdapter {
  /// Puts the adapter into the weights of its model, whose projections are then its own again.
  ///
  /// `w + s b a`, DoRA's rows brought to their magnitudes; trained token rows take the place of the table's. As
  /// PEFT's `merge_and_unload`.
  ///
  /// - Parameter model: The model that the adapter is attached to.
  /// - Throws: `AdapterError.packed` where a weight is not there in f32; then nothing has changed.
  public func merge(into model: any AdaptableModel) throws {
    for (path, layer) in layers where !(layer.base is Linear) { throw AdapterError.packed(path) }
    try model.updateTokenTables { table, _ in
      if tokenRows.contains(where: { $0.path == table.path }), table.rows([0]) == nil {
        throw AdapterError.packed(table.path)
      }
    }
    let own = Dictionary(uniqueKeysWithValues: layers)
    model.updateProjections { path, layer in
      guard let adapted = own[path], let linear = adapted.base as? Linear else { return }
      linear.weight.value = adapted.projection(at: path).merged(into: linear.weight.value)
      layer = linear
    }
    model.updateTokenTables { table, replaced in
      guard let rows = tokenRows.first(where: { $0.path == table.path })?.rows else { return }
      _ = table.write(rows.ids, rows.rows.value)
      replaced = nil
    }
  }
}
