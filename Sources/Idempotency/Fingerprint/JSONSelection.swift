/// The pointers of a policy as a tree, which the parser descends along with the document.
struct JSONSelection: Sendable, Hashable {
  /// What is known about one place in the document.
  struct Node: Sendable, Hashable {
    var children: [Child] = []
    /// Whether this value is left out.
    var isIgnored = false
    /// The fields, by their position, whose value this is.
    var fields: [Int] = []
  }

  /// A step from one place to the next.
  struct Child: Sendable, Hashable {
    let token: JSONPointer.Token
    let node: Int
  }

  /// The places; the first is the whole document.
  private(set) var nodes = [Node()]
  /// The pointers whose values are picked out, in configured order.
  let fields: [JSONPointer]

  /// Nothing is picked out, nothing left out.
  static let everything = JSONSelection()

  init(fields: [JSONPointer] = [], ignore: [JSONPointer] = []) {
    self.fields = fields
    for (position, pointer) in fields.enumerated() { nodes[insert(pointer)].fields.append(position) }
    for pointer in ignore { nodes[insert(pointer)].isIgnored = true }
  }

  /// The place of a member, nil when no pointer leads there.
  func child(of node: Int, named name: ArraySlice<UInt8>) -> Int? {
    nodes[node].children.first { $0.token.name.elementsEqual(name) }?.node
  }

  /// The place of an element, nil when no pointer leads there.
  func child(of node: Int, at index: Int) -> Int? {
    nodes[node].children.first { $0.token.index == index }?.node
  }

  private mutating func insert(_ pointer: JSONPointer) -> Int {
    var node = 0
    for token in pointer.tokens {
      if let next = nodes[node].children.first(where: { $0.token == token }) {
        node = next.node
      } else {
        nodes.append(Node())
        nodes[node].children.append(Child(token: token, node: nodes.count - 1))
        node = nodes.count - 1
      }
    }
    return node
  }
}
