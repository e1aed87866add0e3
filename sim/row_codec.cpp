#include "sim/row_codec.h"

#include "sim/byte_stream.h"

namespace twinfer {
namespace {

// One list of the fields for both directions: `visit` is put or get.
template <class Row, class Visit>
void visit_result(Row& row, const Visit& visit) {
  visit(row.request);
  visit(row.sample);
  visit(row.status);
  visit(row.arrival_s);
  visit(row.admission_s);
  visit(row.latency_s);
  visit(row.result_wait_s);
  visit(row.result_return_s);
  visit(row.exit);
  visit(row.predicted);
  visit(row.correct);
  visit(row.bytes_sent);
  visit(row.error);
}

template <class Row, class Visit>
void visit_stage(Row& row, const Visit& visit) {
  visit(row.request);
  visit(row.stage);
  visit(row.device);
  visit(row.hop_start_s);
  visit(row.hop_wait_s);
  visit(row.encode_s);
  visit(row.transfer_s);
  visit(row.queue_s);
  visit(row.compute_start_s);
  visit(row.decode_s);
  visit(row.compute_s);
  visit(row.hop_bytes);
}

}  // namespace

std::string encode_rows(const RunRows& rows) {
  ByteWriter writer;
  const auto put = [&writer](const auto& field) { writer.put(field); };
  writer.put(rows.results.size());
  for (const ResultRow& row : rows.results) visit_result(row, put);
  writer.put(rows.stages.size());
  for (const StageRow& row : rows.stages) visit_stage(row, put);
  return writer.take();
}

RunRows decode_rows(const std::string& bytes) {
  ByteReader reader(bytes);
  const auto get = [&reader](auto& field) { reader.get(field); };
  RunRows rows;
  for (auto left = reader.get<std::size_t>(); left > 0; --left) visit_result(rows.results.emplace_back(), get);
  for (auto left = reader.get<std::size_t>(); left > 0; --left) visit_stage(rows.stages.emplace_back(), get);
  return rows;
}

}  // namespace twinfer
