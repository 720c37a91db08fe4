"""What the made patients may have: terms with their codes, and what notes say of each condition.

In a sentence `{hypertension}` is a mention of that term, and `{-fever}` one that is denied. Codes and displays are
those of SNOMED CT, ICD-10-CM, RxNorm and LOINC; a few of each, none of them tied to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"


@dataclass(frozen=True)
class Term:
    """What a note may mention: what it is called there, and its code (ICD-10-CM, or RxNorm for a medication)."""

    kind: str  # condition, symptom or medication
    names: tuple[str, ...]
    code: str
    display: str


@dataclass(frozen=True)
class Condition:
    """A condition as a record has it, and what is said and done about it."""

    snomed: str
    display: str
    story: tuple[str, ...]
    plan: tuple[str, ...]
    medications: tuple[tuple[str, str], ...] = ()  # term, and how it is taken
    symptoms: tuple[str, ...] = ()
    laboratory: tuple[str, ...] = ()
    imaging: str = ""  # what a radiologist sees


TERMS = {
    "hypertension": Term(
        "condition", ("hypertension", "high blood pressure"), "I10", "Essential (primary) hypertension"
    ),
    "diabetes": Term(
        "condition",
        ("type 2 diabetes mellitus", "type 2 diabetes"),
        "E11.9",
        "Type 2 diabetes mellitus without complications",
    ),
    "asthma": Term("condition", ("asthma",), "J45.909", "Unspecified asthma, uncomplicated"),
    "copd": Term(
        "condition",
        ("COPD", "chronic obstructive pulmonary disease"),
        "J44.9",
        "Chronic obstructive pulmonary disease, unspecified",
    ),
    "fibrillation": Term("condition", ("atrial fibrillation",), "I48.91", "Unspecified atrial fibrillation"),
    "failure": Term(
        "condition", ("heart failure", "congestive heart failure"), "I50.9", "Heart failure, unspecified"
    ),
    "infarction": Term(
        "condition", ("myocardial infarction",), "I21.9", "Acute myocardial infarction, unspecified"
    ),
    "pneumonia": Term("condition", ("pneumonia",), "J18.9", "Pneumonia, unspecified organism"),
    "hyperlipidemia": Term("condition", ("hyperlipidemia",), "E78.5", "Hyperlipidemia, unspecified"),
    "kidney": Term("condition", ("chronic kidney disease",), "N18.9", "Chronic kidney disease, unspecified"),
    "migraine": Term(
        "condition",
        ("migraine",),
        "G43.909",
        "Migraine, unspecified, not intractable, without status migrainosus",
    ),
    "depression": Term("condition", ("depression",), "F32.A", "Depression, unspecified"),
    "hypothyroidism": Term("condition", ("hypothyroidism",), "E03.9", "Hypothyroidism, unspecified"),
    "knee": Term(
        "condition",
        ("osteoarthritis of the knee", "osteoarthritis of knee"),
        "M17.9",
        "Osteoarthritis of knee, unspecified",
    ),
    "reflux": Term(
        "condition",
        ("gastroesophageal reflux disease", "GERD"),
        "K21.9",
        "Gastro-esophageal reflux disease without esophagitis",
    ),
    "anemia": Term("condition", ("anemia",), "D64.9", "Anemia, unspecified"),
    "embolism": Term(
        "condition", ("pulmonary embolism",), "I26.99", "Other pulmonary embolism without acute cor pulmonale"
    ),
    "effusion": Term("condition", ("pleural effusion",), "J90", "Pleural effusion, not elsewhere classified"),
    "cough": Term("symptom", ("cough",), "R05.9", "Cough, unspecified"),
    "dyspnea": Term("symptom", ("shortness of breath", "dyspnea"), "R06.02", "Shortness of breath"),
    "chest pain": Term("symptom", ("chest pain",), "R07.9", "Chest pain, unspecified"),
    "fever": Term("symptom", ("fever",), "R50.9", "Fever, unspecified"),
    "edema": Term("symptom", ("leg edema",), "R60.0", "Localized edema"),
    "headache": Term("symptom", ("headache",), "R51.9", "Headache, unspecified"),
    "nausea": Term("symptom", ("nausea",), "R11.0", "Nausea"),
    "fatigue": Term("symptom", ("fatigue",), "R53.83", "Other fatigue"),
    "palpitations": Term("symptom", ("palpitations",), "R00.2", "Palpitations"),
    "wheezing": Term("symptom", ("wheezing",), "R06.2", "Wheezing"),
    "heartburn": Term("symptom", ("heartburn",), "R12", "Heartburn"),
    "knee pain": Term("symptom", ("knee pain",), "M25.569", "Pain in unspecified knee"),
    "metformin": Term("medication", ("metformin",), "6809", "metformin"),
    "lisinopril": Term("medication", ("lisinopril",), "29046", "lisinopril"),
    "amlodipine": Term("medication", ("amlodipine",), "17767", "amlodipine"),
    "atorvastatin": Term("medication", ("atorvastatin",), "83367", "atorvastatin"),
    "albuterol": Term("medication", ("albuterol",), "435", "albuterol"),
    "tiotropium": Term("medication", ("tiotropium",), "69120", "tiotropium"),
    "apixaban": Term("medication", ("apixaban",), "1364430", "apixaban"),
    "warfarin": Term("medication", ("warfarin",), "11289", "warfarin"),
    "metoprolol": Term("medication", ("metoprolol",), "6918", "metoprolol"),
    "furosemide": Term("medication", ("furosemide",), "4603", "furosemide"),
    "aspirin": Term("medication", ("aspirin",), "1191", "aspirin"),
    "levothyroxine": Term("medication", ("levothyroxine",), "10582", "levothyroxine"),
    "omeprazole": Term("medication", ("omeprazole",), "7646", "omeprazole"),
    "sertraline": Term("medication", ("sertraline",), "36437", "sertraline"),
    "sumatriptan": Term("medication", ("sumatriptan",), "37418", "sumatriptan"),
    "amoxicillin": Term("medication", ("amoxicillin",), "723", "amoxicillin"),
    "acetaminophen": Term("medication", ("acetaminophen",), "161", "acetaminophen"),
    "ibuprofen": Term("medication", ("ibuprofen",), "5640", "ibuprofen"),
    "prednisone": Term("medication", ("prednisone",), "8640", "prednisone"),
}

CONDITIONS = {
    "hypertension": Condition(
        "38341003", "Hypertensive disorder",
        ("Home readings for {hypertension} are mostly below 140/90.",
         "{hypertension} was found at a check two years ago."),
        ("{hypertension}: go on with {lisinopril} 10 mg daily, less salt, readings at home twice a week.",
         "{hypertension}: not at goal. Add {amlodipine} 5 mg daily, and see again in four weeks."),
        (("lisinopril", "10 mg by mouth once daily"),), ("headache",), ("pressure", "creatinine"),
        "The heart is at the upper limit of normal size, as seen with longstanding {hypertension}.",
    ),
    "diabetes": Condition(
        "44054006", "Diabetes mellitus type 2",
        ("{diabetes} for eight years, without known harm to eyes or feet.",
         "Fasting glucose at home is 6 to 8 mmol/L, {diabetes} is stable."),
        ("{diabetes}: {metformin} 1000 mg twice daily with meals, eye examination this year.",
         "{diabetes}: HbA1c is above target. Dietitian, more walking, HbA1c again in three months."),
        (("metformin", "1000 mg by mouth twice daily with meals"),), ("fatigue",), ("hba1c", "creatinine"),
    ),
    "asthma": Condition(
        "195967001", "Asthma",
        ("{asthma} since childhood, worse with pollen; reliever about once a week.",
         "Two nights of {wheezing} in the last month despite {albuterol}."),
        ("{asthma}: {albuterol} as needed, spacer shown again, written action plan given.",
         "{asthma}, flare: {prednisone} 40 mg daily for five days."),
        (("albuterol", "90 micrograms, two puffs as needed"),), ("wheezing", "cough"), (),
        "Lungs are hyperinflated, in keeping with {asthma}.",
    ),
    "copd": Condition(
        "13645005", "Chronic obstructive lung disease",
        ("{copd} with {dyspnea} on one flight of stairs, stopped smoking in 2016.",
         "A productive {cough} most mornings goes with the {copd}."),
        ("{copd}: {tiotropium} once daily, pulmonary rehabilitation, influenza vaccine in autumn.",
         "{copd}: oxygen at rest is 93 %, no change of treatment."),
        (("tiotropium", "18 micrograms inhaled once daily"),), ("dyspnea", "cough"), (),
        "Flattened diaphragms and enlarged airspaces, typical of {copd}.",
    ),
    "fibrillation": Condition(
        "49436004", "Atrial fibrillation",
        ("Paroxysmal {fibrillation}, two spells of {palpitations} since the last visit.",
         "{fibrillation} is rate controlled, no bleeding on {apixaban}."),
        ("{fibrillation}: {apixaban} 5 mg twice daily and {metoprolol} 50 mg daily.",
         "{fibrillation}: changed from {warfarin} to {apixaban} as the INR was hard to keep."),
        (("apixaban",
         "5 mg by mouth twice daily"), ("metoprolol", "50 mg by mouth once daily")),
        ("palpitations",), ("rate",),
    ),
    "failure": Condition(
        "42343007", "Congestive heart failure",
        ("Known {failure}, sleeps on two pillows, weight up 2 kg in a week.",
         "{edema} has come back, and with it the {dyspnea} of {failure}."),
        ("{failure}: {furosemide} 40 mg daily, weigh every morning, call if up 2 kg.",
         "{failure}: echocardiography shows an ejection fraction of 38 %. Go on with {metoprolol}."),
        (("furosemide", "40 mg by mouth every morning"),), ("dyspnea", "edema"), ("weight", "creatinine"),
        "Enlarged heart, vascular congestion and a small left {effusion}, consistent with {failure}.",
    ),
    "infarction": Condition(
        "22298006", "Myocardial infarction",
        ("{infarction} in 2021 with a stent to the left anterior descending artery.",
         "No angina since the {infarction} three years ago."),
        ("Old {infarction}: {aspirin} 81 mg and {atorvastatin} 80 mg daily for life.",),
        (("aspirin",
         "81 mg by mouth once daily"), ("atorvastatin", "80 mg by mouth at night")), ("chest pain",), ("ldl", "rate"),
    ),
    "pneumonia": Condition(
        "233604007", "Pneumonia",
        ("Four days of {fever} and {cough}; the film shows {pneumonia} of the right lower lobe.",),
        ("{pneumonia}: {amoxicillin} 1 g three times daily for seven days, {acetaminophen} 500 mg for {fever}.",),
        (("amoxicillin", "1 g by mouth three times daily for 7 days"),), ("fever", "cough"), (),
        "Right lower lobe consolidation with air bronchograms, consistent with {pneumonia}.",
    ),
    "hyperlipidemia": Condition(
        "55822004", "Hyperlipidemia",
        ("{hyperlipidemia}, tolerates {atorvastatin} without muscle pain.",),
        ("{hyperlipidemia}: {atorvastatin} 20 mg at night, LDL again in a year.",),
        (("atorvastatin", "20 mg by mouth at night"),), (), ("ldl",),
    ),
    "kidney": Condition(
        "709044004", "Chronic kidney disease",
        ("{kidney} stage 3, stable for two years.", "{anemia} of {kidney} is mild."),
        ("{kidney}: no {ibuprofen}, creatinine every three months.",),
        (), ("fatigue",), ("creatinine", "hemoglobin"),
    ),
    "migraine": Condition(
        "37796009", "Migraine",
        ("{migraine} with {nausea} about three times a month, each a day long.",),
        ("{migraine}: {sumatriptan} 50 mg at onset, no more than twice a week; headache diary.",),
        (("sumatriptan", "50 mg by mouth at onset"),), ("headache", "nausea"), (),
    ),
    "depression": Condition(
        "35489007", "Depressive disorder",
        ("{depression} is better: sleeps six hours, back at work half time.",),
        ("{depression}: {sertraline} 50 mg daily for six more months, talking therapy goes on.",),
        (("sertraline", "50 mg by mouth once daily"),), ("fatigue",), (),
    ),
    "hypothyroidism": Condition(
        "40930008", "Hypothyroidism",
        ("{hypothyroidism} after thyroiditis, less {fatigue} on {levothyroxine}.",),
        ("{hypothyroidism}: {levothyroxine} 75 micrograms before breakfast.",),
        (("levothyroxine", "75 micrograms by mouth before breakfast"),), ("fatigue",), (),
    ),
    "knee": Condition(
        "239873007", "Osteoarthritis of knee",
        ("{knee pain} on stairs from {knee}, left worse than right.",),
        ("{knee}: exercises, {acetaminophen} 1 g as needed, no injection for now.",),
        (("acetaminophen", "1 g by mouth as needed"),), ("knee pain",), ("weight",),
    ),
    "reflux": Condition(
        "235595009", "Gastroesophageal reflux disease",
        ("{heartburn} after late meals, {reflux} known for years.",),
        ("{reflux}: {omeprazole} 20 mg before breakfast for eight weeks, then stop.",),
        (("omeprazole", "20 mg by mouth before breakfast"),), ("heartburn",), (),
    ),
}  # fmt: skip

# key: LOINC code and display, unit (UCUM), lowest and highest value, decimals
LABORATORY = {
    "hba1c": ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 5.6, 9.4, 1),
    "creatinine": ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.6, 2.2, 2),
    "hemoglobin": ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 9.8, 13.4, 1),
    "ldl": ("2089-1", "Cholesterol in LDL [Mass/volume] in Serum or Plasma", "mg/dL", 61, 178, 0),
    "weight": ("29463-7", "Body weight", "kg", 58, 104, 1),
    "rate": ("8867-4", "Heart rate", "/min", 58, 118, 0),
}

PRESSURE = ("85354-9", "Blood pressure panel with all children optional")
PRESSURES = (("8480-6", "Systolic blood pressure", 112, 171), ("8462-4", "Diastolic blood pressure", 64, 102))

# kinds of notes: LOINC code and display
KINDS = {
    "progress": ("11506-3", "Progress note"),
    "history": ("34117-2", "History and physical note"),
    "discharge": ("18842-5", "Discharge summary"),
    "consult": ("11488-4", "Consult note"),
    "imaging": ("36643-5", "XR Chest 2 Views"),
}

PROCEDURES = {
    "fibrillation": ("29303009", "Electrocardiographic procedure"),
    "infarction": ("29303009", "Electrocardiographic procedure"),
    "failure": ("40701008", "Echocardiography"),
    "asthma": ("127783003", "Spirometry"),
    "copd": ("127783003", "Spirometry"),
}
