extension CanonicalJSONParser {
  mutating func parseArray(depth: Int, node: Int?) throws(JSONError) {
    guard depth < CanonicalJSON.maximumDepth else { throw failure(.depth) }
    position += 1
    output.append(UInt8(ascii: "["))
    skipWhiteSpace()
    var isFirst = true
    if peek() != UInt8(ascii: "]") {
      for index in 0... {
        let start = output.count
        let child = node.flatMap { selection.child(of: $0, at: index) }
        let isIgnored = child.map { selection.nodes[$0].isIgnored } ?? false
        if !isFirst { output.append(UInt8(ascii: ",")) }
        try parseValue(depth: depth + 1, node: isIgnored ? nil : child)
        if isIgnored { output.removeLast(output.count - start) } else { isFirst = false }
        guard try parseComma(orEnd: UInt8(ascii: "]")) else { break }
      }
    }
    position += 1
    output.append(UInt8(ascii: "]"))
  }

  mutating func parseObject(depth: Int, node: Int?) throws(JSONError) {
    guard depth < CanonicalJSON.maximumDepth else { throw failure(.depth) }
    position += 1
    let (start, firstMember, firstName) = (output.count, members.count, names.count)
    skipWhiteSpace()
    if peek() != UInt8(ascii: "}") {
      repeat { try parseMember(depth: depth, node: node) } while try parseComma(orEnd: UInt8(ascii: "}"))
    }
    position += 1
    try sortMembers(from: firstMember)
    writeMembers(from: firstMember, valuesFrom: start)
    members.removeLast(members.count - firstMember)
    names.removeLast(names.count - firstName)
  }

  private mutating func parseMember(depth: Int, node: Int?) throws(JSONError) {
    guard peek() == UInt8(ascii: "\"") else { throw failure(.syntax) }
    let offset = position
    try parseString()
    let name = names.count..<names.count + text.count
    names.append(contentsOf: text)
    skipWhiteSpace()
    guard peek() == UInt8(ascii: ":") else { throw failure(.syntax) }
    position += 1
    skipWhiteSpace()
    let child = node.flatMap { selection.child(of: $0, named: text[...]) }
    let isIgnored = child.map { selection.nodes[$0].isIgnored } ?? false
    let start = output.count
    try parseValue(depth: depth + 1, node: isIgnored ? nil : child)
    members.append(Member(name: name, value: start..<output.count, offset: offset, isIgnored: isIgnored))
  }

  /// Steps over white space and a comma; false, without stepping over it, at the end of the container.
  private mutating func parseComma(orEnd end: UInt8) throws(JSONError) -> Bool {
    skipWhiteSpace()
    if peek() == end { return false }
    guard peek() == UInt8(ascii: ",") else { throw failure(.syntax) }
    position += 1
    skipWhiteSpace()
    return true
  }

  /// Sorts the innermost object's members by name; ignored ones too, because they may be duplicates.
  private mutating func sortMembers(from first: Int) throws(JSONError) {
    guard members.count > first + 1 else { return }
    let names = self.names
    members[first...].sort { names[$0.name].lexicographicallyPrecedes(names[$1.name]) }
    for index in first + 1..<members.count where names[members[index].name] == names[members[index - 1].name] {
      let offset = max(members[index].offset, members[index - 1].offset)
      throw JSONError(reason: .duplicateMember, offset: offset)
    }
  }

  /// Replaces the values at the end of the output by the whole object.
  private mutating func writeMembers(from first: Int, valuesFrom start: Int) {
    spare.removeAll(keepingCapacity: true)
    spare.append(contentsOf: output[start...])
    output.removeLast(output.count - start)
    output.append(UInt8(ascii: "{"))
    var isFirst = true
    for member in members[first...] where !member.isIgnored {
      if !isFirst { output.append(UInt8(ascii: ",")) }
      isFirst = false
      writeString(names[member.name])
      output.append(UInt8(ascii: ":"))
      output.append(contentsOf: spare[member.value.lowerBound - start..<member.value.upperBound - start])
    }
    output.append(UInt8(ascii: "}"))
  }
}
