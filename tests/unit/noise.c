/* SPDX-License-Identifier: Apache-2.0 */
/* Whose code a frame is: a sample for each rule, and what no rule may take for somebody else's.  */
#include "unit/harness.h"

#include "analyze/noise.h"
#include "analyze/author.h"

enum { AUTHOR_BYTES = 64 };

struct sample {
	const char *function;
	const char *where; /* file of Python's, object of a native function */
	enum mv_code code;
	uint32_t kind;
	const char *source; /* of a native function; NULL: not known */
};

#define NATIVE(function, where, code) {function, where, MV_CODE_##code, MV_FRAME_NATIVE, NULL}
#define PYTHON(function, where, code) {function, where, MV_CODE_##code, MV_FRAME_PYTHON, NULL}
#define FROM(source, function) {function, "/home/me/app", MV_CODE_LIBRARY, MV_FRAME_NATIVE, source}
#define PACKAGES "/opt/venv/lib/python3.11/site-packages/"

/* One for each rule, in their order.  */
static const struct sample samples[] = {
	NATIVE("at::_ops::addmm::call(at::Tensor const&)", "/opt/libtorch/lib/libtorch_cpu.so", DISPATCH),
	NATIVE("at::redispatch::mm(c10::DispatchKeySet)", "/home/me/ext.so", DISPATCH),
	NATIVE("at::meta::structured_addmm::meta(at::Tensor const&)", PACKAGES "torch/lib/libtorch_cpu.so", DISPATCH),
	NATIVE("at::(anonymous namespace)::wrapper_CUDA_gelu(at::Tensor const&)", "libtorch_cuda.so", DISPATCH),
	NATIVE("at::(anonymous namespace)::structured_mm_out_cuda_functional::set_output_raw_strided(long)", "libtorch_cuda.so", DISPATCH),
	NATIVE("at::(anonymous namespace)::create_out(c10::ArrayRef<long>)", "libtorch_cuda.so", ALLOCATOR),
	NATIVE("at::TensorIteratorBase::build(at::TensorIteratorConfig&)", "libtorch_cpu.so", DISPATCH),
	NATIVE("at::detail::empty_generic(c10::ArrayRef<long>, c10::Allocator*)", "libtorch_cpu.so", ALLOCATOR),
	NATIVE("torch::autograd::VariableType::(anonymous namespace)::addmm(c10::DispatchKeySet)", "libtorch_cpu.so", DISPATCH),
	NATIVE("torch::ADInplaceOrView::(anonymous namespace)::add_(int)", "libtorch_cpu.so", DISPATCH),
	NATIVE("torch::TraceType::(anonymous namespace)::mm(int)", "libtorch_cpu.so", DISPATCH),
	NATIVE("at::autocast::WrapFunction_<int>::call(at::Tensor const&)", "libtorch_cpu.so", DISPATCH),
	NATIVE("at::functorch::dynamicLayerFront(c10::OperatorHandle const&)", "libtorch_cpu.so", DISPATCH),
	NATIVE("torch::autograd::THPVariable_linear(_object*, _object*, _object*)", "libtorch_python.so", DISPATCH),
	NATIVE("torch::PythonArgParser::raw_parse(_object*)", "libtorch_python.so", DISPATCH),
	NATIVE("THPFunction_apply(_object*, _object*)", "libtorch_python.so", DISPATCH),
	NATIVE("pybind11::cpp_function::dispatcher(_object*, _object*, _object*)", "/home/me/ext.so", DISPATCH),
	NATIVE("torch::autograd::Engine::thread_main(std::shared_ptr<torch::autograd::GraphTask> const&)", "libtorch_cpu.so", AUTOGRAD),
	NATIVE("torch::autograd::python::PythonEngine::thread_init(int)", "libtorch_python.so", AUTOGRAD),
	NATIVE("torch::autograd::Node::operator()(std::vector<at::Tensor>&&)", "libtorch_cpu.so", AUTOGRAD),
	NATIVE("torch::autograd::generated::NllLossBackward0_apply_functional(std::vector<at::Tensor>&&)", "libtorch_cpu.so", AUTOGRAD),
	NATIVE("c10::cuda::CUDACachingAllocator::Native::DeviceCachingAllocator::malloc(unsigned long)", "libc10_cuda.so", ALLOCATOR),
	NATIVE("c10::cuda::CUDAKernelLaunchRegistry::get()", "libc10_cuda.so", ALLOCATOR),
	NATIVE("c10::impl::wrap_kernel_functor_unboxed_<f<int (int)>, int (int)>::call(c10::OperatorKernel*)", "libtorch_cuda.so", DISPATCH),
	NATIVE("void std::__invoke_impl<void, void (*)()>(std::__invoke_other, void (*&&)())", "/home/me/app", SYSTEM),
	NATIVE("__gnu_cxx::new_allocator<int>::allocate(unsigned long)", "/home/me/app", SYSTEM),
	NATIVE("_start", "/home/me/build/app", SYSTEM),
	FROM("/usr/include/eigen3/Eigen/src/Core/Matrix.h", "Eigen::Matrix<int>::resize(long)"),
	FROM("/usr/local/include/fmt/core.h", "fmt::print(char const*)"),
	FROM("/usr/lib/gcc/x86_64-linux-gnu/12/include/emmintrin.h", "_mm_add_pd"),
	FROM("/usr/local/cuda-12.4/include/thrust/device_vector.h", "thrust::device_vector<int>::resize(unsigned long)"),
	NATIVE("", "/opt/memviz/lib/libmemviz.so", RECORDER),
	NATIVE("", PACKAGES "torch/lib/libc10_cuda.so", ALLOCATOR),
	NATIVE("cuMemAlloc_v2", "/usr/lib/x86_64-linux-gnu/libcuda.so.1", CUDA),
	NATIVE("", PACKAGES "nvidia/cu13/lib/libcudart.so.13", CUDA),
	NATIVE("", "/usr/lib/x86_64-linux-gnu/libnvidia-ptxjitcompiler.so.1", CUDA),
	NATIVE("_PyEval_EvalFrame", "/usr/local/lib/libpython3.11.so.1.0", PYTHON),
	NATIVE("_PyEval_EvalFrameDefault", "/opt/conda/bin/python3.12", PYTHON),
	NATIVE("", "/usr/lib/python3.11/lib-dynload/_ctypes.cpython-311-x86_64-linux-gnu.so", PYTHON),
	NATIVE("__libc_start_main", "/lib/x86_64-linux-gnu/libc.so.6", SYSTEM),
	NATIVE("", "/lib64/libc-2.28.so", SYSTEM),
	NATIVE("start_thread", "/lib64/libpthread.so.0", SYSTEM),
	NATIVE("", "/lib64/libdl.so.2", SYSTEM),
	NATIVE("", "/lib64/librt.so.1", SYSTEM),
	NATIVE("_dl_init", "/lib64/ld-linux-x86-64.so.2", SYSTEM),
	NATIVE("", "/lib/ld-musl-x86_64.so.1", SYSTEM),
	NATIVE("", "linux-vdso.so.1", SYSTEM),
	NATIVE("", "/opt/conda/lib/libstdc++.so.6.0.33", SYSTEM),
	NATIVE("", "/opt/conda/lib/libgcc_s.so.1", SYSTEM),
	NATIVE("", "/opt/conda/lib/libgomp.so.1", SYSTEM),
	NATIVE("__kmp_invoke_microtask", "/opt/conda/lib/libiomp5.so", SYSTEM),
	NATIVE("at::native::linear(at::Tensor const&)", "/opt/libtorch/lib/libtorch_cpu.so", LIBRARY),
	NATIVE("cublasCreate_v2", "/opt/cuda/lib64/libcublas.so.12", LIBRARY),
	NATIVE("cudnnCreate", "/opt/cudnn/libcudnn_ops.so.9", LIBRARY),
	NATIVE("cusparseCreate", "/opt/cuda/lib64/libcusparse.so.12", LIBRARY),
	NATIVE("cusolverDnCreate", "/opt/cuda/lib64/libcusolver.so.11", LIBRARY),
	NATIVE("cufftExecC2C", "/opt/cuda/lib64/libcufft.so.11", LIBRARY),
	NATIVE("curandCreateGenerator", "/opt/cuda/lib64/libcurand.so.10", LIBRARY),
	NATIVE("cuptiActivityEnable", "/opt/cuda/lib64/libcupti.so.12", LIBRARY),
	NATIVE("nvrtcCompileProgram", "/opt/cuda/lib64/libnvrtc.so.12", LIBRARY),
	NATIVE("ncclCommInitRank", "/opt/nccl/libnccl.so.2", LIBRARY),
	NATIVE("nvshmem_malloc", "/opt/nvshmem/libnvshmem_host.so.3", LIBRARY),
	NATIVE("flash_fwd", PACKAGES "flash_attn_2_cuda.cpython-311-x86_64-linux-gnu.so", LIBRARY),
	NATIVE("f", "/usr/local/lib/python3.11/dist-packages/cupy/_core/core.so", LIBRARY),
	NATIVE("fused_adam", "/root/.cache/torch_extensions/py311_cu121/fused_adam/fused_adam.so", LIBRARY),
	NATIVE("launch", "/tmp/torchinductor_me/xy/cxyz.so", LIBRARY),
	NATIVE("launch", "/root/.triton/cache/ABC/__triton_launcher.so", LIBRARY),
	NATIVE("MPI_Init", "/usr/lib/x86_64-linux-gnu/libmpi.so.40", LIBRARY),
	NATIVE("f", "/lib64/libsomething.so", LIBRARY),
	NATIVE("f", "/usr/local/lib/libsomething.so", LIBRARY),
	NATIVE("nppsMalloc_8u", "/usr/local/cuda-12.4/targets/x86_64-linux/lib/libnpps.so.12", LIBRARY),
	NATIVE("f", "/nix/store/abc-opencv-4/lib/libopencv_core.so", LIBRARY),

	PYTHON("<module>", "<stdin>", OWN),
	PYTHON("<module>", "<string>", OWN),
	PYTHON("<module>", "<console>", OWN),
	PYTHON("<module>", "<input>", OWN),
	PYTHON("<cell line: 1>", "<ipython-input-3-1f0c6a>", OWN),
	PYTHON("train", "<command-42637>", OWN),
	PYTHON("_call_with_frames_removed", "<frozen importlib._bootstrap>", PYTHON),
	PYTHON("Module._call_impl", PACKAGES "torch/nn/modules/module.py", DISPATCH),
	PYTHON("_wrapped_call_impl", PACKAGES "torch/nn/modules/module.py", DISPATCH),
	PYTHON("Module._slow_forward", PACKAGES "torch/nn/modules/module.py", DISPATCH),
	PYTHON("Module._call_impl.<locals>.inner", PACKAGES "torch/nn/modules/module.py", DISPATCH),
	PYTHON("Sequential.forward", PACKAGES "torch/nn/modules/container.py", DISPATCH),
	PYTHON("Optimizer.profile_hook_step.<locals>.wrapper", PACKAGES "torch/optim/optimizer.py", DISPATCH),
	PYTHON("_use_grad_for_differentiable.<locals>._use_grad", PACKAGES "torch/optim/optimizer.py", DISPATCH),
	PYTHON("context_decorator.<locals>.decorate_context", PACKAGES "torch/utils/_contextlib.py", DISPATCH),
	PYTHON("DeviceContext.__torch_function__", PACKAGES "torch/utils/_device.py", DISPATCH),
	PYTHON("autocast_decorator.<locals>.decorate_autocast", PACKAGES "torch/amp/autocast_mode.py", DISPATCH),
	PYTHON("Function.apply", PACKAGES "torch/autograd/function.py", DISPATCH),
	PYTHON("OpOverload.__call__", PACKAGES "torch/_ops.py", DISPATCH),
	PYTHON("handle_torch_function", PACKAGES "torch/overrides.py", DISPATCH),
	PYTHON("_disable_dynamo.<locals>.inner", PACKAGES "torch/_compile.py", DISPATCH),
	PYTHON("OptimizedModule.__call__", PACKAGES "torch/_dynamo/eval_frame.py", DISPATCH),
	PYTHON("aot_module_simplified", PACKAGES "torch/_functorch/aot_autograd.py", DISPATCH),
	PYTHON("CompiledFxGraph.__call__", PACKAGES "torch/_inductor/output_code.py", DISPATCH),
	PYTHON("GraphModule.call_wrapped", PACKAGES "torch/fx/graph_module.py", DISPATCH),
	PYTHON("Tensor.backward", PACKAGES "torch/_tensor.py", AUTOGRAD),
	PYTHON("backward", PACKAGES "torch/autograd/__init__.py", AUTOGRAD),
	PYTHON("_engine_run_backward", PACKAGES "torch/autograd/graph.py", AUTOGRAD),
	PYTHON("can_return_tuple.<locals>.wrapper", PACKAGES "transformers/utils/generic.py", WRAPPER),
	PYTHON("ConvertOutputsToFp32.__call__", PACKAGES "accelerate/utils/operations.py", WRAPPER),
	PYTHON("add_hook_to_module.<locals>.new_forward", PACKAGES "accelerate/hooks.py", WRAPPER),
	PYTHON("instrument_w_nvtx.<locals>.wrapped_fn", PACKAGES "deepspeed/utils/nvtx.py", WRAPPER),
	PYTHON("_call_lightning_module_hook", PACKAGES "lightning/pytorch/trainer/call.py", WRAPPER),
	PYTHON("Linear.forward", PACKAGES "torch/nn/modules/linear.py", LIBRARY),
	PYTHON("cross_entropy", "/usr/lib/python3/dist-packages/torch/nn/functional.py", LIBRARY),
	PYTHON("Attention.forward", "/root/.cache/torch/hub/facebookresearch_dinov2_main/dinov2/layers/attention.py", LIBRARY),
	PYTHON("forward", "/root/.cache/huggingface/modules/transformers_modules/THUDM/glm/modeling.py", LIBRARY),
	PYTHON("call", "/tmp/torchinductor_me/xy/cxyz.py", LIBRARY),
	PYTHON("Thread.run", "/usr/lib/python3.11/threading.py", PYTHON),
	PYTHON("partial.__call__", "/usr/lib64/python3.9/functools.py", PYTHON),
};

enum { SAMPLES = sizeof samples / sizeof *samples };

static struct mv_place place_of(const struct sample *sample)
{
	bool is_native = sample->kind == MV_FRAME_NATIVE;
	struct mv_place place = {
		.function = sample->function,
		.file = !is_native ? sample->where : sample->source ? sample->source : "",
		.module = is_native ? sample->where : "",
		.kind = sample->kind,
	};

	place.code = (uint8_t)mv_noise_code(&place);
	return place;
}

static void check(const struct sample *sample)
{
	struct mv_place place = place_of(sample);

	CU_ASSERT_EQUAL(place.code, sample->code);
	if (place.code != sample->code)
		printf("%s in %s: %s, not %s\n", sample->function, sample->where, mv_author_code((enum mv_code)place.code),
		       mv_author_code(sample->code));
}

static void each_rule_has_its_sample(void)
{
	unsigned i;

	CU_ASSERT_EQUAL_FATAL(mv_noise_rules(), SAMPLES);
	for (i = 0; i < SAMPLES; i++) {
		struct mv_place place = place_of(&samples[i]);

		check(&samples[i]);
		if (mv_noise_rule(&place) != i)
			printf("%s in %s: rule %u, not %u\n", samples[i].function, samples[i].where, mv_noise_rule(&place), i);
		CU_ASSERT_EQUAL(mv_noise_rule(&place), i);
	}
}

/* The user's own in places that look like somebody else's.  */
static void what_no_rule_fits_is_the_user_s_own(void)
{
	static const struct sample own[] = {
		PYTHON("main", "/home/me/train.py", OWN),
		PYTHON("Block.forward", "/home/me/site/packages/model.py", OWN),
		PYTHON("Net.forward", "/home/me/torch_things/nn/modules/module.py", OWN),
		PYTHON("_call_impl", "/home/me/model.py", OWN),
		PYTHON("forward", "/home/me/editable/src/acme/model.py", OWN),
		PYTHON("main", "/home/me/lib/python/train.py", OWN),
		PYTHON("<cell line: 2>", "/tmp/ipykernel_4711/1234.py", OWN),
		PYTHON("main", "/usr/src/app/train.py", OWN),
		NATIVE("main", "/usr/local/bin/app", OWN),
		NATIVE("", "/home/me/build/app", OWN),
		NATIVE("_start_training", "/home/me/build/app", OWN),
		NATIVE("launch(int)", "/home/me/lib/libcudamine.so", OWN),
		NATIVE("launch(int)", "/home/me/lib/libcustom.so", OWN),
		NATIVE("Pool::standard(std::vector<int>)", "/opt/app/libpool.so", OWN),
	};
	size_t i;

	for (i = 0; i < sizeof own / sizeof *own; i++)
		check(&own[i]);
}

static void what_is_not_known_is_not_the_user_s(void)
{
	static const struct sample unknown[] = {NATIVE("", "", LIBRARY), PYTHON("f", "", LIBRARY)};

	check(&unknown[0]);
	check(&unknown[1]);
}

static void a_library_s_function_without_a_name_is_noise(void)
{
	struct mv_place named = place_of(&(struct sample)NATIVE("ncclCommInitRank", "/opt/nccl/libnccl.so.2", LIBRARY));
	struct mv_place unnamed = place_of(&(struct sample)NATIVE("", "/opt/nccl/libnccl.so.2", LIBRARY));
	struct mv_place own = place_of(&(struct sample)NATIVE("", "/home/me/build/app", OWN));

	CU_ASSERT(!mv_place_is_noise(&named));
	CU_ASSERT(mv_place_is_noise(&unnamed));
	CU_ASSERT(!mv_place_is_noise(&own));
}

static void authors_are_called_as_people_call_them(void)
{
	static const struct {
		struct sample sample;
		const char *author;
	} owned[] = {
		{NATIVE("at::_ops::mm::call()", "/opt/libtorch_cpu.so", DISPATCH), "PyTorch's dispatch"},
		{NATIVE("", PACKAGES "torch/lib/libtorch_cuda.so", LIBRARY), "torch"},
		{NATIVE("", PACKAGES "nvidia/nccl/lib/libnccl.so.2", LIBRARY), "libnccl"},
		{PYTHON("forward", PACKAGES "transformers/models/llama/modeling_llama.py", LIBRARY), "transformers"},
		{PYTHON("new_forward", PACKAGES "accelerate/hooks.py", WRAPPER), "accelerate"},
		{PYTHON("f", PACKAGES "six.py", LIBRARY), "six"},
		{PYTHON("f", "/root/.cache/torch/hub/pytorch_vision_v0.10.0/hubconf.py", LIBRARY), "pytorch_vision_v0.10.0"},
		{PYTHON("main", "/home/me/train.py", OWN), ""},
	};
	char author[AUTHOR_BYTES];
	size_t i;

	for (i = 0; i < sizeof owned / sizeof *owned; i++) {
		struct mv_place place = place_of(&owned[i].sample);

		mv_author_write(&place, author, sizeof author);
		CU_ASSERT_STRING_EQUAL(author, owned[i].author);
	}
}

static void many_frames_are_named_by_those_who_have_most(void)
{
	static const unsigned order[] = {36, 0, 36, 36, 33, 0, 39};
	struct mv_place places[sizeof order / sizeof *order];
	const struct mv_place *frames[sizeof order / sizeof *order];
	char text[AUTHOR_BYTES];
	size_t i;

	for (i = 0; i < sizeof order / sizeof *order; i++) {
		places[i] = place_of(&samples[order[i]]);
		frames[i] = &places[i];
	}
	mv_author_write_all(frames, i, text, sizeof text);
	CU_ASSERT_STRING_EQUAL(text, "Python, PyTorch's dispatch and others");
	mv_author_write_all(frames, 1, text, sizeof text);
	CU_ASSERT_STRING_EQUAL(text, "Python");
	mv_author_write_all(frames, 0, text, sizeof text);
	CU_ASSERT_STRING_EQUAL(text, "");
}

static const struct harness_test tests[] = {
	HARNESS_TEST(each_rule_has_its_sample),
	HARNESS_TEST(what_no_rule_fits_is_the_user_s_own),
	HARNESS_TEST(what_is_not_known_is_not_the_user_s),
	HARNESS_TEST(a_library_s_function_without_a_name_is_noise),
	HARNESS_TEST(authors_are_called_as_people_call_them),
	HARNESS_TEST(many_frames_are_named_by_those_who_have_most),
};
HARNESS_MAIN("noise", tests)
