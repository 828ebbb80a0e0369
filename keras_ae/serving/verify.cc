// Checks exported heads with the loader that TF Serving itself uses, without Python.
//
//   verify check FOLDER...                    replays each version's warm-up records at several batch sizes,
//                                             compares with the answers kept in them, and sends bad requests
//   verify time SIGNATURE BATCH COUNT FOLDER...  times one request to each folder in turn
//
// Prints a line a finding, its fields parted by tabs; the last line of a folder that was read is "done".

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/io/coded_stream.h"
#include "tensorflow/cc/saved_model/loader.h"
#include "tensorflow/core/framework/tensor.h"
#include "tensorflow/core/framework/tensor.pb.h"
#include "tensorflow/core/framework/tensor_util.h"
#include "tensorflow/core/lib/io/record_reader.h"
#include "tensorflow/core/platform/env.h"
#include "tensorflow/core/public/session.h"

using tensorflow::SavedModelBundle;
using tensorflow::SignatureDef;
using tensorflow::Tensor;
using tensorflow::TensorShape;
using tensorflow::tstring;
using Status = absl::Status;
using Named = std::map<std::string, Tensor>;

struct Record {
  std::string signature;
  Named inputs, outputs;
};

// The length-delimited fields of a message, by number and in their order.
std::vector<std::pair<int, std::string>> Fields(const std::string& message) {
  std::vector<std::pair<int, std::string>> found;
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(message.data()),
                                                static_cast<int>(message.size()));
  while (uint32_t tag = stream.ReadTag()) {
    uint64_t number;
    uint32_t length;
    std::string bytes;
    if ((tag & 7) == 0 && stream.ReadVarint64(&number)) continue;
    if ((tag & 7) != 2 || !stream.ReadVarint32(&length) || !stream.ReadString(&bytes, length)) break;
    found.emplace_back(static_cast<int>(tag >> 3), std::move(bytes));
  }
  return found;
}

// The entry of a map from names to tensors.
bool AddTensor(const std::string& entry, Named* named) {
  std::string name;
  tensorflow::TensorProto proto;
  for (const auto& [number, bytes] : Fields(entry)) {
    if (number == 1) name = bytes;
    if (number == 2 && !proto.ParseFromString(bytes)) return false;
  }
  return (*named)[name].FromProto(proto);
}

// A PredictionLog: field 6 is a PredictLog of a PredictRequest (1) and a PredictResponse (2).
bool ReadRecord(const std::string& log, Record* record) {
  for (const auto& [kind, predict] : Fields(log)) {
    if (kind != 6) continue;
    for (const auto& [side, message] : Fields(predict)) {
      for (const auto& [number, bytes] : Fields(message)) {
        const bool request = side == 1;
        if (request && number == 1) {
          for (const auto& [field, text] : Fields(bytes))
            if (field == 3) record->signature = text;
        } else if (number == (request ? 2 : 1)) {
          if (!AddTensor(bytes, request ? &record->inputs : &record->outputs)) return false;
        }
      }
    }
  }
  return !record->signature.empty() && !record->inputs.empty() && !record->outputs.empty();
}

Status ReadRecords(const std::string& folder, std::vector<Record>* records) {
  std::unique_ptr<tensorflow::RandomAccessFile> file;
  Status status = tensorflow::Env::Default()->NewRandomAccessFile(
      folder + "/assets.extra/tf_serving_warmup_requests", &file);
  if (!status.ok()) return status;
  tensorflow::io::RecordReader reader(file.get());
  tensorflow::uint64 offset = 0;
  tstring log;
  while ((status = reader.ReadRecord(&offset, &log)).ok()) {
    Record record;
    if (!ReadRecord(std::string(log), &record)) return absl::DataLossError("a warm-up record cannot be read");
    records->push_back(std::move(record));
  }
  return absl::IsOutOfRange(status) ? absl::OkStatus() : status;
}

// A request as the server makes it of a signature: the names must be the signature's own.
Status Ask(const SavedModelBundle& bundle, const std::string& name, const Named& inputs, Named* outputs) {
  const auto& signatures = bundle.meta_graph_def.signature_def();
  const auto found = signatures.find(name);
  if (found == signatures.end()) return absl::InvalidArgumentError("there is no signature " + name);
  const SignatureDef& signature = found->second;
  std::vector<std::pair<std::string, Tensor>> feeds;
  for (const auto& [input, tensor] : inputs) {
    const auto info = signature.inputs().find(input);
    if (info == signature.inputs().end()) return absl::InvalidArgumentError("the signature takes no " + input);
    feeds.emplace_back(info->second.name(), tensor);
  }
  if (feeds.size() != static_cast<size_t>(signature.inputs().size()))
    return absl::InvalidArgumentError("an input of the signature is missing from the request");
  std::vector<std::string> names, fetches;
  for (const auto& [output, info] : signature.outputs()) {
    names.push_back(output);
    fetches.push_back(info.name());
  }
  std::vector<Tensor> given;
  Status status = bundle.session->Run(feeds, fetches, {}, &given);
  for (size_t i = 0; status.ok() && i < given.size(); ++i) (*outputs)[names[i]] = given[i];
  return status;
}

// So many rows of each tensor, from the first on and over again.
Named Rows(const Named& named, int count) {
  Named taken;
  for (const auto& [name, tensor] : named) {
    std::vector<Tensor> rows;
    for (int row = 0; row < count; ++row) {
      const int64_t at = row % tensor.dim_size(0);
      rows.push_back(tensorflow::tensor::DeepCopy(tensor.Slice(at, at + 1)));
    }
    TF_CHECK_OK(tensorflow::tensor::Concat(rows, &taken[name]));
  }
  return taken;
}

// Pixels of PNG files, decoded by TensorFlow.
class PngReader {
 public:
  PngReader() : session_(tensorflow::NewSession({})) {
    tensorflow::GraphDef graph;
    auto* contents = graph.add_node();
    contents->set_name("contents");
    contents->set_op("Placeholder");
    (*contents->mutable_attr())["dtype"].set_type(tensorflow::DT_STRING);
    auto* pixels = graph.add_node();
    pixels->set_name("pixels");
    pixels->set_op("DecodePng");
    pixels->add_input("contents");
    (*pixels->mutable_attr())["channels"].set_i(0);
    (*pixels->mutable_attr())["dtype"].set_type(tensorflow::DT_UINT8);
    TF_CHECK_OK(session_->Create(graph));
  }

  Tensor Read(const tstring& bytes) {
    Tensor contents(tensorflow::DT_STRING, TensorShape({}));
    contents.scalar<tstring>()() = bytes;
    std::vector<Tensor> given;
    const Status status = session_->Run({{"contents", contents}}, {"pixels"}, {}, &given);
    return status.ok() ? given[0] : Tensor(tensorflow::DT_UINT8, TensorShape({0}));
  }

 private:
  std::unique_ptr<tensorflow::Session> session_;
};

constexpr double kUnlike = std::numeric_limits<double>::infinity();

template <typename T>
double Gap(const Tensor& found, const Tensor& due, double* largest) {
  const auto one = found.flat<T>(), other = due.flat<T>();
  double worst = 0;
  for (int64_t i = 0; i < one.size(); ++i) {
    const double here = static_cast<double>(one(i)), there = static_cast<double>(other(i));
    if (std::isnan(here) && std::isnan(there)) continue;  // missing in both
    const double gap = std::abs(here - there);
    worst = std::isnan(gap) ? kUnlike : std::max(worst, gap);
    *largest = std::max(*largest, std::abs(there));
  }
  return worst;
}

// Of whole numbers, such as those of classes or codes, one in a hundred may be another: of two that are all
// but as likely, or as near, the last digits choose, and they differ by processor. For the same reason one may
// be rounded to the next whole number.
template <typename T>
double WholeGap(const Tensor& found, const Tensor& due, double* largest) {
  const auto one = found.flat<T>(), other = due.flat<T>();
  int64_t wrong = 0;
  for (int64_t i = 0; i < one.size(); ++i) wrong += one(i) != other(i);
  const double worst = Gap<T>(found, due, largest);
  const bool ties = 100 * wrong <= one.size() || (wrong <= 1 && worst <= 1);
  return ties ? 0.0 : worst;
}

// The largest difference in any element; of images, in levels of 255 beyond one, which is how far
// a value on the border between two may be rounded.
double Difference(const Tensor& found, const Tensor& due, PngReader* png, double* largest) {
  if (found.dtype() != due.dtype() || found.shape() != due.shape()) return kUnlike;
  switch (due.dtype()) {
    case tensorflow::DT_FLOAT: return Gap<float>(found, due, largest);
    case tensorflow::DT_INT32: return WholeGap<tensorflow::int32>(found, due, largest);
    case tensorflow::DT_INT64: return WholeGap<int64_t>(found, due, largest);
    case tensorflow::DT_UINT8: return Gap<uint8_t>(found, due, largest);
    case tensorflow::DT_BOOL: return Gap<bool>(found, due, largest);
    case tensorflow::DT_STRING: break;
    default: return kUnlike;
  }
  double worst = 0;
  int64_t unlike = 0;
  *largest = 1;
  for (int64_t i = 0; i < due.NumElements(); ++i) {
    const tstring &one = found.flat<tstring>()(i), &other = due.flat<tstring>()(i);
    if (one == other) continue;
    double ignored = 0;
    const Tensor pixels = png->Read(other);
    if (pixels.NumElements() == 0) {  // a text, of which one in a hundred may be another, as whole numbers
      ++unlike;
      continue;
    }
    const double levels = Difference(png->Read(one), pixels, png, &ignored);
    worst = std::max(worst, std::max(0.0, levels - 1.0) / 255.0);
  }
  return 100 * unlike <= due.NumElements() ? worst : kUnlike;
}

void Print(const std::string& folder, const std::vector<std::string>& fields) {
  std::string line = folder;
  for (std::string field : fields) {
    std::replace_if(field.begin(), field.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
    line += '\t' + field.substr(0, 400);
  }
  std::printf("%s\n", line.c_str());
}

std::string Text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

void Compare(const std::string& folder, const SavedModelBundle& bundle, const Record& record,
             const std::string& how, const Named& inputs, const Named& due, PngReader* png) {
  Named given;
  const Status status = Ask(bundle, record.signature, inputs, &given);
  if (!status.ok()) return Print(folder, {"failed", record.signature, how, std::string(status.message())});
  for (const auto& [name, tensor] : due) {
    double largest = 0;
    const double worst = given.count(name) ? Difference(given[name], tensor, png, &largest) : kUnlike;
    Print(folder, {"compared", record.signature, how, name, Text(worst), Text(largest)});
  }
}

// A tensor of zeros, or of empty strings.
Tensor Blank(tensorflow::DataType type, const TensorShape& shape) {
  Tensor tensor(type, shape);
  if (type != tensorflow::DT_STRING) std::memset(tensor.data(), 0, tensor.TotalBytes());
  return tensor;
}

Tensor OneString(const std::string& bytes) {
  Tensor tensor(tensorflow::DT_STRING, TensorShape({1}));
  tensor.flat<tstring>()(0) = bytes;
  return tensor;
}

// The header of a PNG file of 100,000 x 100,000 pixels.
std::string Bomb() {
  const unsigned char header[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0,    0, 0, 13, 'I', 'H', 'D', 'R', 0,
                                  1,    0x86, 0xA0, 0, 1, 0x86, 0xA0, 8, 2, 0, 0, 0, 0, 0, 0, 0};
  return std::string(reinterpret_cast<const char*>(header), sizeof header);
}

// The axis to widen for a wrong shape: the first after the rows whose length the signature fixes, or 0 where
// it fixes none, as of sounds of any length.
int FixedAxis(const tensorflow::TensorInfo& info) {
  for (int axis = 1; axis < info.tensor_shape().dim_size(); ++axis)
    if (info.tensor_shape().dim(axis).size() >= 0) return axis;
  return 0;
}

// Whether an input holds files; other text is words, none of which is wrong.
bool IsFile(const std::string& name) {
  const std::string ending = "_bytes";
  return name.size() >= ending.size() && name.compare(name.size() - ending.size(), ending.size(), ending) == 0;
}

// Requests that a signature must refuse, by what is wrong with them.
std::vector<std::pair<std::string, Named>> BadRequests(const Record& record,
                                                       const tensorflow::SignatureDef& signature) {
  std::vector<std::pair<std::string, Named>> bad;
  const Named good = Rows(record.inputs, 1);
  for (const auto& [name, tensor] : good) {
    const auto with = [&good, &bad, name = name](const std::string& fault, const Tensor& other) {
      Named request = good;
      request[name] = other;
      bad.emplace_back(fault + " " + name, request);
    };
    Named without = good;
    without.erase(name);
    bad.emplace_back("missing " + name, without);
    const bool text = tensor.dtype() == tensorflow::DT_STRING;
    with("wrong type of", Blank(text ? tensorflow::DT_FLOAT : tensorflow::DT_STRING, tensor.shape()));
    TensorShape wider = tensor.shape(), deeper = tensor.shape();
    deeper.AddDim(2);
    if (wider.dims() > 1) {
      const int axis = FixedAxis(signature.inputs().at(name));
      if (axis) wider.set_dim(axis, wider.dim_size(axis) + 1);
      if (axis) with("wrong shape of", Blank(tensor.dtype(), wider));
      with("too few axes of", Blank(tensor.dtype(), TensorShape({1})));
    }
    with("too many axes of", Blank(tensor.dtype(), deeper));
    if (good.size() > 1) with("too many rows of", Rows({{name, tensor}}, 3)[name]);
    if (!text || !IsFile(name)) continue;
    const std::string whole(tensor.flat<tstring>()(0));
    with("empty", OneString(""));
    with("unknown bytes in", OneString("not an image at all"));
    with("half of a file in", OneString(whole.substr(0, whole.size() / 2)));
    with("oversized image in", OneString(Bomb()));
  }
  Named more = good;
  more["nonsense"] = good.begin()->second;
  bad.emplace_back("unknown name nonsense", more);
  return bad;
}

int Check(const std::vector<std::string>& folders) {
  PngReader png;
  for (const std::string& folder : folders) {
    SavedModelBundle bundle;
    std::vector<Record> records;
    Status status = tensorflow::LoadSavedModel({}, {}, folder, {"serve"}, &bundle);
    if (status.ok()) status = ReadRecords(folder, &records);
    if (!status.ok()) {
      Print(folder, {"failed", "-", "loading", std::string(status.message())});
      continue;
    }
    for (const auto& [name, signature] : bundle.meta_graph_def.signature_def())
      if (!signature.method_name().empty()) Print(folder, {"signature", name});
    for (const Record& record : records) {
      const int rows = static_cast<int>(record.inputs.begin()->second.dim_size(0));
      Compare(folder, bundle, record, "warm-up of " + std::to_string(rows), record.inputs, record.outputs, &png);
    }
    std::map<std::string, Record> largest;
    for (const Record& record : records) largest[record.signature] = record;  // the last is of all examples
    for (const auto& [name, record] : largest) {
      for (const int batch : {1, 7, 64}) {
        const Record* same = nullptr;
        for (const Record& other : records)
          if (other.signature == name && other.inputs.begin()->second.dim_size(0) == batch) same = &other;
        Compare(folder, bundle, record, "batch of " + std::to_string(batch),
                same ? same->inputs : Rows(record.inputs, batch), same ? same->outputs : Rows(record.outputs, batch),
                &png);
      }
      for (const auto& [fault, request] : BadRequests(record, bundle.meta_graph_def.signature_def().at(name))) {
        Named given;
        const Status answer = Ask(bundle, name, request, &given);
        Print(folder, {answer.ok() ? "accepted" : "refused", name, fault, std::string(answer.message())});
      }
      Compare(folder, bundle, record, "after bad requests", record.inputs, record.outputs, &png);
    }
    Print(folder, {"done"});
  }
  return 0;
}

int Time(const std::string& name, int batch, int count, const std::vector<std::string>& folders) {
  std::vector<SavedModelBundle> bundles(folders.size());
  std::vector<Named> requests(folders.size());
  for (size_t i = 0; i < folders.size(); ++i) {
    std::vector<Record> records;
    Status status = tensorflow::LoadSavedModel({}, {}, folders[i], {"serve"}, &bundles[i]);
    if (status.ok()) status = ReadRecords(folders[i], &records);
    for (const Record& record : records)
      if (record.signature == name) requests[i] = Rows(record.inputs, batch);
    if (status.ok() && requests[i].empty()) status = absl::NotFoundError("no record of signature " + name);
    if (!status.ok()) {
      Print(folders[i], {"failed", name, "loading", std::string(status.message())});
      return 1;
    }
  }
  std::vector<std::vector<double>> micros(folders.size());
  const int warming = std::max(20, count / 10);
  for (int turn = -warming; turn < count; ++turn) {
    for (size_t i = 0; i < folders.size(); ++i) {
      Named given;
      const auto start = std::chrono::steady_clock::now();
      const Status status = Ask(bundles[i], name, requests[i], &given);
      const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - start;
      if (!status.ok()) {
        Print(folders[i], {"failed", name, "timing", std::string(status.message())});
        return 1;
      }
      if (turn >= 0) micros[i].push_back(taken.count());
    }
  }
  for (size_t i = 0; i < folders.size(); ++i) {
    std::sort(micros[i].begin(), micros[i].end());
    const auto share = [&](double part) { return Text(micros[i][static_cast<size_t>(part * (count - 1))]); };
    Print(folders[i], {"timed", name, std::to_string(batch), share(0.5), share(0.99)});
  }
  return 0;
}

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() >= 2 && words[0] == "check") return Check({words.begin() + 1, words.end()});
  if (words.size() >= 5 && words[0] == "time")
    return Time(words[1], std::stoi(words[2]), std::stoi(words[3]), {words.begin() + 4, words.end()});
  std::fprintf(stderr, "usage: verify check FOLDER... | verify time SIGNATURE BATCH COUNT FOLDER...\n");
  return 2;
}
