/// Two lists of a ``ResultsTable`` claim one status with entries of equal width, so neither can win.
public struct ResultsTableError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The lowest status that is claimed twice.
  public let status: Int
  /// The lists that claim it.
  public let lists: [StatusVerdict]
  /// The width of both entries.
  public let width: Int

  /// A sentence for whoever wrote the lists.
  public var description: String {
    let names = lists.map { "\($0)" }.joined(separator: " and ")
    return "Status \(status) stands in \(names) with equal width; a list that is not given keeps its default, "
      + "so give both lists."
  }
}
