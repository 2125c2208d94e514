/// What waits in its order: it joins at the end, and leaves at the head without all behind it being moved up.
struct Queue<Element> {
    /// The first ones, the very first of them last.
    private var head: [Element] = []
    /// Those behind them, in their order.
    private var tail: [Element]

    init(_ elements: [Element] = []) {
        tail = elements
    }

    var count: Int { head.count + tail.count }

    var isEmpty: Bool { head.isEmpty && tail.isEmpty }

    /// All of them, in their order.
    var elements: [Element] { head.reversed() + tail }

    mutating func append(_ element: Element) {
        tail.append(element)
    }

    /// Puts some before all others, in their order.
    mutating func putBack(_ elements: [Element]) {
        head.append(contentsOf: elements.reversed())
    }

    /// Takes the first ones out, so many or as many as there are.
    mutating func takeFirst(_ count: Int) -> [Element] {
        if head.count < count {
            head = tail.reversed() + head
            tail = []
        }
        let taken = Array(head.suffix(count).reversed())
        head.removeLast(taken.count)
        return taken
    }

    mutating func removeAll(where isUnwanted: (Element) -> Bool) {
        head.removeAll(where: isUnwanted)
        tail.removeAll(where: isUnwanted)
    }

    mutating func updateAll(_ update: (inout Element) -> Void) {
        for index in head.indices { update(&head[index]) }
        for index in tail.indices { update(&tail[index]) }
    }
}

extension Queue: Sendable where Element: Sendable {}
