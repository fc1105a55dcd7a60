/// Which policies may guard a path: found by method and segment, however many there are.
///
/// It narrows and does not decide: whom it names is asked, whom it does not name would have said no. So segments are
/// compared by a hash of their decoded bytes in lower case, and a collision costs a question.
struct PolicyIndex: Sendable {
  /// The policies of one method, by the first segment of their paths, and so on.
  private struct Node: Sendable {
    /// Where literal segments lead, by their hash.
    var literals: [UInt64: Int] = [:]
    /// Where any segment leads.
    var parameter: Int?
    /// Policies whose path ends here, or that take all that follows, in their order.
    var ending: [Int] = []
    var rest: [Int] = []
  }

  private var nodes: [Node] = []
  /// Where each method begins; there are few.
  private var roots: [(method: String, node: Int)] = []

  init(_ policies: [IdempotencyPolicy]) {
    for (index, policy) in policies.enumerated() {
      for method in policy.methods { insert(index, policy.path, at: root(method)) }
    }
  }

  /// Whether any policy guards this method.
  func has(_ method: String) -> Bool { roots.contains { $0.method == method } }

  /// Finds the first policy that guards a request.
  ///
  /// - Parameters:
  ///   - method: The request's method.
  ///   - path: Its path.
  ///   - parameters: Asks a policy: what its path finds in the request's, nil where the policy does not guard it.
  /// - Returns: The policy's place, and what it said.
  func first(
    _ method: String, _ path: CanonicalPath, asking parameters: (Int) -> PathPattern.Parameters?
  ) -> (index: Int, parameters: PathPattern.Parameters)? {
    guard let root = roots.first(where: { $0.method == method })?.node else { return nil }
    var found: (index: Int, parameters: PathPattern.Parameters)?
    var text = path.text
    text.withUTF8 { bytes in
      guard bytes.first == CanonicalPath.slash else { return }
      // The root has no segment.
      search(root, bytes, from: bytes.count == 1 ? 2 : 1) { index in
        // Only a policy that stands before the one that was found can take its place.
        if let found, found.index <= index { return true }
        if let parameters = parameters(index) {
          found = (index, parameters)
          return true
        }
        return false
      }
    }
    return found
  }

  /// Names policies of a subtree, those of a node in order until `isDone`.
  ///
  /// The next segment begins at `start`; beyond the path's end there is none.
  private func search(
    _ node: Int, _ path: UnsafeBufferPointer<UInt8>, from start: Int, isDone: (Int) -> Bool
  ) {
    _ = nodes[node].rest.first(where: isDone)
    // Behind the last slash there is a segment still, if an empty one.
    guard start <= path.count else {
      _ = nodes[node].ending.first(where: isDone)
      return
    }
    var end = start
    while end < path.count, path[end] != CanonicalPath.slash { end += 1 }
    if let literal = nodes[node].literals[Self.hash(path[start..<end], decoding: true)] {
      search(literal, path, from: end + 1, isDone: isDone)
    }
    if let parameter = nodes[node].parameter { search(parameter, path, from: end + 1, isDone: isDone) }
  }

  // MARK: Making it

  private mutating func root(_ method: String) -> Int {
    if let known = roots.first(where: { $0.method == method }) { return known.node }
    roots.append((method, makeNode()))
    return nodes.count - 1
  }

  private mutating func makeNode() -> Int {
    nodes.append(Node())
    return nodes.count - 1
  }

  private mutating func insert(_ index: Int, _ pattern: PathPattern, at root: Int) {
    var node = root
    for element in pattern.elements {
      switch element {
      case .literal(let bytes): node = literal(Self.hash(bytes, decoding: false), of: node)
      case .parameter: node = parameter(of: node)
      case .rest: return nodes[node].rest.append(index)
      }
    }
    nodes[node].ending.append(index)
  }

  private mutating func literal(_ hash: UInt64, of node: Int) -> Int {
    if let known = nodes[node].literals[hash] { return known }
    let made = makeNode()
    nodes[node].literals[hash] = made
    return made
  }

  private mutating func parameter(of node: Int) -> Int {
    if let known = nodes[node].parameter { return known }
    let made = makeNode()
    nodes[node].parameter = made
    return made
  }

  /// FNV-1a over bytes in lower case: short inputs, and no secret that a collision could tell.
  private static func hash(_ segment: some Collection<UInt8>, decoding: Bool) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var index = segment.startIndex
    while index != segment.endIndex {
      let byte = PathPattern.nextByte(of: segment, at: &index, decoding: decoding)
      hash = (hash ^ UInt64(PathPattern.lowerCase(byte))) &* 0x0000_0100_0000_01B3
    }
    return hash
  }
}
