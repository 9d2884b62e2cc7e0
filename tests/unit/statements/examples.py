"""One valid example of each type that travels."""

from statements import (
    DeployedAsset,
    DeployedContract,
    DeployedModel,
    Deployment,
    InputAttestation,
    InstanceLayout,
    Instances,
    Job,
    JobKind,
    Observation,
    ProvenInference,
    ProvenRun,
    Publication,
    PublicationPage,
    SignedAttestation,
    Subject,
    model_id,
)

TOKEN = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OTHER = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
LAYOUT = InstanceLayout(
    input_count=2, tag_limbs=2, tag_limb_bits=17, output_count=2, input_scale_bits=11, output_scale_bits=11
)
OBSERVATION = Observation(
    epoch=498609, rate=10**18, price=99 * 10**16, observed_at=1794992412, elapsed=1, config_version=1,
    mean_total=3 * 10**20, supply=10**22, price_age=12,
)  # fmt: skip
SUBJECT = Subject(
    home_chain_id=31337, observer=OTHER, config_version=1, model_id=model_id("m/1"), asset=TOKEN, epoch=498609
)
INSTANCES = Instances.build(LAYOUT, (-2048, 7), 123456789, (1000, 2000))
INFERENCE = ProvenInference(
    circuit_id="0x" + "ab" * 32, subject=SUBJECT, instances=INSTANCES, proof="0x0102", prover="5F", prove_seconds=3.5
)
RUN = ProvenRun(circuit_id="0x" + "ab" * 32, instances=INSTANCES, proof="0x0102", prover="5F", prove_seconds=3.5)
ATTESTATION = SignedAttestation(
    attestation=InputAttestation(
        destination_chain_id=31338, destination=OTHER, home_chain_id=31337, observer=OTHER,
        home_block_hash="0x" + "cd" * 32, asset=TOKEN, epoch=498609, config_version=1, observed_at=1794992412,
        expiry=1795078812, features_hash="0x" + "ef" * 32, inputs=(-2048, 7),
    ),
    signer=TOKEN,
    signature="0x" + "11" * 65,
)  # fmt: skip
PAGE = PublicationPage(
    items=(Publication(cursor=1, published_at=1.5, inference=INFERENCE, attestations=(ATTESTATION,), validator="5V"),),
    next_cursor=1,
)
JOB = Job(kind=JobKind.SUBMIT, statement_id=SUBJECT.statement_id, chain_id=31338, target=OTHER, calldata="0xdeadbeef")
DEPLOYMENT = Deployment(
    chain_id=31338, home_chain_id=31337, observer=OTHER, epoch_length=3600,
    features_hash="0x" + "ef" * 32,
    contracts={"RiskFeed": DeployedContract(address=TOKEN, code_hash="0x" + "01" * 32)},
    assets={"ezETH": DeployedAsset(token=TOKEN, exit_risk_feed=OTHER, staking_duration_feed=OTHER)},
    models={
        "m/1": DeployedModel(model_id=model_id("m/1"), version_id=1, circuit_id="0x" + "02" * 32, from_epoch=498600)
    },
)  # fmt: skip
EXAMPLES = {
    type(example).__name__: example
    for example in (OBSERVATION, SUBJECT, INSTANCES, RUN, INFERENCE, ATTESTATION, PAGE, JOB, DEPLOYMENT)
}
