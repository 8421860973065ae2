// The cells over whole sequences, forward and backward, as the table that an instruction set offers.
#pragma once

#include "backward.h"
#include "forward.h"

namespace {

template <class Cell>
rollcast::Sizes sizes_of(const Layer& l) {
  const Shape<Cell> g(l);
  return {g.T * g.units * g.B * Cell::kSaved * kLanes, ForwardPass<Cell>::work(g), BackwardPass<Cell>::work(g)};
}

template <class Cell>
constexpr rollcast::Recurrence kRecurrence = {sizes_of<Cell>, ForwardPass<Cell>::jobs, BackwardPass<Cell>::jobs,
                                              ForwardPass<Cell>::run, BackwardPass<Cell>::run};

const rollcast::Recurrence& recurrence_of(rollcast::CellKind cell) {
  using rollcast::CellKind;
  switch (cell) {
    case CellKind::kLstm: return kRecurrence<Lstm>;
    case CellKind::kGru: return kRecurrence<Gru>;
    case CellKind::kGruResetBefore: return kRecurrence<GruResetBefore>;
    case CellKind::kTanhRnn: return kRecurrence<SimpleRnn<true>>;
    default: return kRecurrence<SimpleRnn<false>>;
  }
}

}  // namespace
